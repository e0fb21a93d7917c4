import type { Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Bits, Group, Packing } from '../quant/packing';
import { pack, unpack } from '../quant/quantise';
import { layoutOf } from '../tape/layout';
import type { SavePlan } from '../tape/plan';
import { describe } from '../tape/plan-table';
import { policies } from '../tape/policies';
import { type Policy, policy } from '../tape/policy';
import type { Saved, Seen, WatchedStep, Watcher } from '../train/watcher';
import { Copies } from './copies';
import type { Figure } from './figure';
import { errorByHead, errorByPacking } from './head-error-figure';
import { Gathering } from './pending';
import { added, type Sums, sumsOf } from './sums';
import { type Table, tableOf } from './table';
import { Wholes } from './wholes';

/** Another way to pack the watched values, tried beside the run. */
export interface WhatIf {
  readonly bits?: Bits;
  readonly group?: Group;
}

export interface HeadErrorOptions {
  /** Globs on value names. */
  readonly at?: string | readonly string[];
  readonly every?: number;
  readonly whatIf?: readonly WhatIf[];
  /** A relative error that sends the layer of a value back to exact, from the next step on. */
  readonly above?: number;
  readonly then?: 'exact';
}

/** The error of one head of a value in one step. */
export interface ErrorRow {
  readonly step: number;
  readonly value: string;
  /** How it is kept, `derived`, or what was tried beside the run. */
  readonly kept: string;
  readonly tried: boolean;
  readonly head: number;
  readonly rmse: number;
  /** RMSE over the root mean square of the value. */
  readonly relative: number;
  /** 20 log10 of its inverse; null where there is no error. */
  readonly snrDb: number | null;
  readonly std: number;
  readonly low: number;
  readonly high: number;
  /** Elements outside the range they were packed with. */
  readonly saturated: number;
  readonly [column: string]: number | string | boolean | null;
}

export interface HeadError extends Watcher {
  readonly rows: readonly ErrorRow[];
  /** Blocks that were sent back to exact. */
  readonly exact: readonly string[];
  table(): Table;
  figure(): Figure;
}

const DEFAULTS = { at: 'blocks.**', every: 1, whatIf: [] } as const;
const COLUMNS = ['step', 'value', 'kept', 'tried', 'head', 'rmse', 'relative', 'snrDb', 'std', 'low', 'high', 'saturated'];

/**
 * What backward reads of a value against what forward made, for each head: saves after packing, and values that are made again from
 * packed ones. With `whatIf` also the error that other packings would have; they do not change the run.
 *
 * @example
 * const heads = trainer.watch(headError({ at: 'blocks.*.attn.q', every: 10, whatIf: [{ bits: 8, group: 'row' }, { bits: 4 }] }));
 */
export function headError(options: string | HeadErrorOptions = {}): HeadError {
  const given: HeadErrorOptions = typeof options === 'string' ? { at: options } : options;
  const { at, every, whatIf, above } = { ...DEFAULTS, ...given };
  const tries = whatIf.map(packingOf);
  const rows: ErrorRow[] = [];
  const exact: string[] = [];
  const copies = new Copies();
  const wholes = new Wholes();
  const sums = new Gathering<Sums[]>();
  let reads: Reads = readsOf(null);

  const compare = (seen: Seen, made: Tensor, read: Tensor, kept: string, packed: Saved['packed'] = null): void => {
    const layout = layoutOf(seen.value.spec, seen.samples);
    sums.add(JSON.stringify([seen.name, kept]), sumsOf(seen.step.engine, made, layout, read, packed));
  };

  return {
    at, every, rows, exact,

    attach({ plan }, names) {
      const { kept, derived } = readsOf(plan);
      if (tries.length > 0 || [...names].some((name) => kept.has(name) || derived.has(name))) return;
      throw new MesaError('nothing-to-compare', {
        at: 'headError',
        says: `backward reads none of the ${names.size} values of '${at}' under policy '${plan.policy.name}'`,
        try: [...kept].slice(0, 3).map((name) => `'${name}'`).join(', '),
      });
    },

    begin({ plan }) {
      reads = readsOf(plan);
    },

    makes: (name) => reads.inKernel.has(name),

    value(seen) {
      if (reads.derived.has(seen.name)) copies.keep(seen);
      for (const packing of tries) {
        const tryOut = (whole: Seen): void => tried(whole, packing, (read, packed) => compare(whole, whole.tensor, read, `if ${describe(packing)}`, packed));
        if (typeof packing.group === 'object' || packing.group === 'row') tryOut(seen);
        else wholes.add(seen, describe(packing), tryOut);
      }
    },

    saved(seen) {
      const { packed, tensor } = seen;
      if (!packed) compare(seen, tensor, tensor, 'full');
      else restored(seen, packed, (read) => compare(seen, tensor, read, describe(packed.packing), packed));
    },

    derived(seen) {
      copies.with(seen, (made) => compare(seen, made, seen.tensor, 'derived'));
    },

    end({ step, plan, graph }, report, setPolicy) {
      copies.dispose();
      wholes.dispose();
      if (!report) return sums.drop();
      const now = [...sums.take((a, b) => a.map((s, h) => added(s, b[h] as Sums)))].flatMap(([key, heads]) => {
        const [value, kept] = JSON.parse(key) as [string, string];
        return heads.map((s, head) => rowOf({ step, value, kept, tried: kept.startsWith('if '), head }, s));
      });
      rows.push(...now);
      if (above === undefined) return;
      const over = new Set(now.filter((r) => !r.tried && r.relative > above).map((r) => r.value));
      const blocks = graph.segments.filter((s) => s.block && !exact.includes(s.name)
        && s.nodes.some((n) => Object.values(n.outputs).some((v) => over.has(v.name)))).map((s) => s.name);
      if (blocks.length === 0) return;
      exact.push(...blocks);
      setPolicy(withExact(plan.policy, blocks));
    },

    table: () => tableOf(COLUMNS, rows),
    figure: () => (tries.length > 0 ? errorByPacking(rows) : errorByHead(rows)),
  };
}

/** A policy under which some blocks keep what `exact` keeps. */
export function withExact(base: Policy, blocks: readonly string[]): Policy {
  const rules = blocks.flatMap((block) => policies.exact().rules.map(({ match, keep }) => ({ match: { ...match, name: `${block}.**` }, keep, optional: true })));
  return { name: `${base.name}, exact in ${blocks.join(' and ')}`, rules: [...rules, ...base.rules] };
}

interface Reads {
  readonly kept: ReadonlySet<string>;
  readonly inKernel: ReadonlySet<string>;
  /** Made again: in kernels too. */
  readonly derived: ReadonlySet<string>;
}

/** How backward gets the values that it reads. */
function readsOf(plan: SavePlan | null): Reads {
  const segments = plan?.segments ?? [];
  const inKernel = new Set(segments.flatMap((s) => [...s.inKernel].map((v) => v.name)));
  return {
    inKernel,
    kept: new Set(segments.flatMap((s) => [...s.kept.keys()].map((v) => v.name))),
    derived: new Set([...inKernel, ...segments.flatMap((s) => [...s.derived.keys()].map((v) => v.name))]),
  };
}

function packingOf({ bits = 8, group = 'head' }: WhatIf): Packing {
  return { bits, group, range: 'batch', decay: 0.9, rounding: 'nearest' };
}

/** Packs a value beside the run and hands what comes back to `use`. */
function tried(seen: Seen, packing: Packing, use: (read: Tensor, packed: NonNullable<Saved['packed']>) => void): void {
  const { step, tensor, value, samples, name } = seen;
  const packed = pack(step.engine, tensor, layoutOf(value.spec, samples), packing, { category: 'watch', label: name });
  try {
    restored(seen, packed, (read) => use(read, packed));
  } finally {
    for (const t of [packed.codes, packed.range, packed.counters]) t.dispose();
  }
}

function restored({ step, name }: Seen, packed: NonNullable<Saved['packed']>, use: (read: Tensor) => void): void {
  const { rows, columns } = packed.layout;
  const read = step.engine.empty([rows, columns], 'float32', { category: 'watch', name });
  try {
    use(unpack(step.engine, packed, 0, rows, read));
  } finally {
    read.dispose();
  }
}

function rowOf(key: Pick<ErrorRow, 'step' | 'value' | 'kept' | 'tried' | 'head'>, s: Sums): ErrorRow {
  const rmse = Math.sqrt(s.errors / s.count);
  const relative = s.errors === 0 ? 0 : Math.sqrt(s.errors / s.squares);
  const std = Math.sqrt(Math.max(0, s.squares / s.count - (s.sum / s.count) ** 2));
  return { ...key, rmse, relative, snrDb: s.errors === 0 ? null : -20 * Math.log10(relative), std, low: s.low, high: s.high, saturated: s.outside };
}
