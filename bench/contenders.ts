import { existsSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { type Setting, tokensOf } from './settings';
import { Worker } from './worker';

/** Someone who makes the step of a setting. */
export interface Contender {
  readonly name: string;
  readonly side: 'ours' | 'pytorch';
  readonly micro: number;
  /** Of ours: policy and engine form. Of PyTorch: what is turned on, none being eager attention. */
  readonly policy?: string;
  readonly form?: string;
  readonly mode?: readonly string[];
  /** Of ours: which of the default watchers look on at every step. */
  readonly watch?: string;
}

export interface Choice {
  readonly policies: readonly string[];
  readonly forms: readonly string[];
  readonly pytorch: boolean;
  readonly micros: readonly number[];
  /** Those whose name fits; a run over all of them takes half an hour. */
  readonly only: RegExp;
}

/** A comparison of shapes or models with PyTorch. */
export interface RivalOptions extends Pick<Choice, 'forms' | 'only'> {
  readonly rounds: number;
  readonly threads: number;
  readonly quick: boolean;
  /** A Python that has PyTorch; without when empty. */
  readonly python: string;
}

const MODES: readonly (readonly string[])[] = [[], ['sdpa'], ['sdpa', 'compile'], ['sdpa', 'bf16'], ['sdpa', 'checkpoint']];

/** Everyone for a setting: each policy and form in one piece, and the rivals in memory again in micro-batches. */
export function contendersOf(setting: Setting, { policies, forms, pytorch, micros, only }: Choice): Contender[] {
  const { batch } = setting;
  const parts = micros.filter((micro) => micro < batch);
  const ours = (form: string, policy: string, micro: number): Contender => ({
    name: nameOf(`${policy} (${form})`, micro, batch),
    side: 'ours',
    form,
    policy,
    micro,
  });
  const theirs = (mode: readonly string[], micro: number): Contender => ({
    name: nameOf(`PyTorch ${mode.join(' + ') || 'eager'}`, micro, batch),
    side: 'pytorch',
    mode,
    micro,
  });
  const [fastest = 'native'] = forms;
  const all = [
    ...forms.flatMap((form) => policies.map((policy) => ours(form, policy, batch))),
    ...parts.flatMap((micro) => policies.filter((p) => p === 'exact' || p === 'checkpoint').map((policy) => ours(fastest, policy, micro))),
    ...(pytorch
      ? [
          ...MODES.map((mode) => theirs(mode, batch)),
          ...parts.flatMap((micro) => [theirs(['sdpa'], micro), theirs(['sdpa', 'checkpoint'], micro)]),
        ]
      : []),
  ];
  return all.filter(({ name }) => only.test(name));
}

function nameOf(what: string, micro: number, batch: number): string {
  return micro === batch ? what : `${what}, micro-batch ${micro}`;
}

/** Why a contender cannot run here, or null. Eager attention keeps and makes tokens x tokens scores, about five times over. */
export function cannotRun({ side, mode = [], micro }: Contender, setting: Setting): string | null {
  if (side === 'ours' || mode.includes('sdpa')) return null;
  const bytes = 5 * 4 * micro * setting.depth * setting.heads * tokensOf(setting) ** 2;
  return bytes < freemem() / 2 ? null : `its scores alone need about ${Math.round(bytes / 2 ** 30)} GiB`;
}

/** Starts a contender's process; `ready()` waits until it is warm. */
export function startContender(contender: Contender, setting: Setting, threads: number, python: string): Worker {
  const config = JSON.stringify({ setting, threads, ...contender });
  if (contender.side === 'pytorch') return new Worker(contender.name, python, [pytorchFile('step.py'), config]);
  return new Worker(contender.name, process.execPath, ['--expose-gc', join(__dirname, 'ours.js'), config]);
}

/** The Python files stay where they are: this file runs from out/bench. */
export function pytorchFile(name: string): string {
  const file = join(__dirname, '../../bench/pytorch', name);
  if (!existsSync(file)) throw new Error(`${file} is missing: run from a checkout`);
  return file;
}
