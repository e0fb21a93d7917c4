import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { readSafetensors } from '../../kernel-lib/files/safetensors';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { pvt, pvtLarge, pvtMedium, pvtSmall, pvtTiny } from '../../kernel-lib/models/pvt';
import { semanticFpn } from '../../kernel-lib/models/semantic-fpn';
import { swin, swinBase, swinSmall, swinTiny } from '../../kernel-lib/models/swin';
import { deitBase, deitSmall, deitTiny, vit } from '../../kernel-lib/models/vit';
import type { Pass } from '../../kernel-lib/tape/api';
import type { Graph } from '../../kernel-lib/tape/graph';
import { policies } from '../../kernel-lib/tape/policies';
import type { Policy } from '../../kernel-lib/tape/policy';
import { createTape } from '../../kernel-lib/tape/tape';
import * as numbers from './numbers';

const GRAPHS: Readonly<Record<string, (options: object) => Graph>> = {
  ...{ vit, deitTiny, deitSmall, deitBase },
  ...{ swin, swinTiny, swinSmall, swinBase },
  ...{ pvt, pvtTiny, pvtSmall, pvtMedium, pvtLarge },
  semanticFpn,
};

/** The configurations whose steps are stored: windows that do not divide their map, odd maps, upright and lying images. */
export const STORED = ['vit', 'swin', 'pvt', 'semantic-fpn-swin', 'semantic-fpn-pvt', 'semantic-fpn-vit'] as const;

/** A training step that PyTorch made in float64: see bench/twins. */
export interface Twin {
  readonly model: string;
  readonly options: object;
  readonly samples: number;
  /** `evaluated` and `logits` (of training), `losses`, `gradient.NAME`, `buffer.NAME`. */
  readonly expected: ReadonlyMap<string, Float32Array>;
}

export function readStored(name: string): Promise<Twin> {
  return readStep(join(__dirname, 'fixtures', `${name}.safetensors`));
}

export async function readStep(path: string): Promise<Twin> {
  const { tensors, metadata } = await readSafetensors(path);
  return {
    model: metadata.get('model')!,
    options: JSON.parse(metadata.get('options')!),
    samples: Number(metadata.get('samples')),
    expected: new Map([...tensors].map(([key, { values }]) => [key, values as Float32Array])),
  };
}

/** The twin's graph; it drops nothing unless told to. */
export function graphOf({ model, options }: Twin, more: object = {}): Graph {
  return GRAPHS[model]!({ ...options, ...(model === 'semanticFpn' && { dropout: 0 }), ...more });
}

/** A model and a batch with the twin's numbers. */
export interface Rig {
  readonly engine: Engine;
  readonly model: Model;
  readonly feeds: Record<string, Tensor>;
  readonly samples: number;
}

export function rig(engine: Engine, graph: Graph, samples: number): Rig {
  const model = createModel(graph, { engine });
  if (engine.form !== 'dry') for (const spec of graph.params.values()) engine.write(model.params.get(spec.name)!, numbers.parameter(spec));
  const image = [samples, ...graph.feeds.images!.spec.dims];
  const label = [samples, ...graph.feeds.labels!.spec.dims];
  const classes = graph.results.logits!.spec.dims[0]!;
  const labels = label.length > 1 ? numbers.masks(label, classes) : numbers.labels(label, classes);
  const feeds = { images: engine.from(numbers.images(image), image), labels: engine.from(labels, label, 'int32') };
  return { engine, model, feeds, samples };
}

export function release({ model, feeds }: Rig): void {
  model.dispose();
  for (const t of Object.values(feeds)) t.dispose();
}

/** What a step makes, called as in the twin. */
export type Made = Map<string, Float32Array>;

const CALL = { seed: 1, step: 0, micro: 0, training: true, ranges: new Map() };

type Tensors = ReadonlyMap<string, Tensor>;

/** Forward and backward by the mean of the losses, and what `read` takes from them; leaves nothing allocated. */
export function pass<T>(
  { engine, model, feeds, samples }: Rig,
  { policy = policies.exact(), slice }: { readonly policy?: Policy; readonly slice?: number },
  read: (pass: Pass, gradients: Tensors, buffers: Tensors) => T,
): T {
  const tape = createTape({ engine, graph: model.graph, policy, ...(slice && { slice }) });
  const pass = tape.forward(model.params, feeds, { ...CALL, samples });
  const gradients = new Map<string, Tensor>();
  const buffers = pass.takeBuffers();
  try {
    pass.backward(1 / samples, gradients);
    return read(pass, gradients, buffers);
  } finally {
    pass.dispose();
    for (const t of [...gradients.values(), ...buffers.values()]) t.dispose();
  }
}

/** Losses, gradients and buffers of a pass, in JavaScript. */
export function step(it0: Rig, options: Parameters<typeof pass>[1] = {}): Made {
  return pass(it0, options, (pass, gradients, buffers) => {
    const parts = [...named('gradient', gradients), ...named('buffer', buffers)];
    return new Map([['losses', pass.losses()], ...parts.map(([name, t]) => [name, it0.engine.read(t) as Float32Array] as const)]);
  });
}

const named = (kind: string, tensors: Tensors): [string, Tensor][] => [...tensors].map(([name, t]) => [`${kind}.${name}`, t]);

/** Logits as in training, with the statistics of the batch, or as in evaluation, with those of buffers. */
export function logits({ engine, model, feeds, samples }: Rig, training: boolean): Float32Array {
  const tape = createTape({ engine, graph: model.graph, policy: policies.exact() });
  const { logits } = tape.infer(model.params, feeds, { ...CALL, samples, training }, ['logits']);
  try {
    return engine.read(logits!) as Float32Array;
  } finally {
    logits!.dispose();
  }
}

/** Norm of the difference over the norm of the expected. */
export function relative(got: Float32Array | undefined, want: Float32Array): number {
  if (got?.length !== want.length) return Number.POSITIVE_INFINITY;
  const norm = (f: (i: number) => number): number => Math.sqrt(want.reduce((sum, _, i) => sum + f(i) ** 2, 0));
  return norm((i) => got[i]! - want[i]!) / norm((i) => want[i]!);
}

/** How far a step is from the twin's, by name: norm of the difference over the norm of the twin's. None may be missing, none more. */
export function errorsOf(it0: Rig, { expected }: Twin): { readonly name: string; readonly error: number }[] {
  const made = step(it0).set('logits', logits(it0, true)).set('evaluated', logits(it0, false));
  expect([...made.keys()].sort()).toEqual([...expected.keys()].sort());
  return [...expected].map(([name, want]) => ({ name, error: relative(made.get(name), want) }));
}

/** What is too far: logits by 1e-4; losses, gradients and buffers by 1e-3. */
export function beyond(errors: ReturnType<typeof errorsOf>): unknown[] {
  return errors.filter(({ name, error }) => !(error < (name === 'logits' || name === 'evaluated' ? 1e-4 : 1e-3)));
}
