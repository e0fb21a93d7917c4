import type { Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import { isRowGroup } from '../quant/groups';
import { layoutOf } from '../tape/layout';
import { describe } from '../tape/plan-table';
import type { Saved, Seen, Watcher } from '../train/watcher';
import { blocksOf, withExact } from './back-to-exact';
import { Copies } from './copies';
import { type ErrorRow, errorRow } from './error-row';
import type { Figure } from './figure';
import { errorByHead, errorByPacking } from './head-error-figure';
import { packingOf, restore, tryPacking, type WhatIf } from './packings';
import { Gathering } from './pending';
import { noReads, readsOf } from './reads';
import { addedByHead, type Sums, sumsOf } from './sums';
import { type Table, tableOf } from './table';
import { Wholes } from './wholes';

export interface HeadErrorOptions {
  /** Globs on value names. */
  readonly at?: string | readonly string[];
  readonly every?: number;
  readonly whatIf?: readonly WhatIf[];
  /** A relative error beyond which the block of a value goes back to exact, from the next step on. */
  readonly above?: number;
  readonly then?: 'exact';
}

export interface HeadError extends Watcher {
  readonly rows: readonly ErrorRow[];
  /** Blocks that were sent back to exact. */
  readonly exact: readonly string[];
  table(): Table;
  /** Of the last step: values by heads, or with `whatIf` values by packings. */
  figure(): Figure;
}

const DEFAULTS = { at: 'blocks.**', every: 1, whatIf: [] } as const;
const COLUMNS = ['step', 'value', 'kept', 'tried', 'head', 'rmse', 'relative', 'snrDb', 'std', 'low', 'high', 'saturated'];

/**
 * What backward reads of a value against what forward made, for each head: saves after packing, and values that are made again from
 * packed ones. With `whatIf` also the error that other packings would have; they do not change the run.
 *
 * @example
 * const heads = trainer.watch(headError({ at: 'blocks.*.attn.*', every: 10, whatIf: [{ bits: 8, group: 'row' }, { bits: 4 }] }));
 */
export function headError(options: string | HeadErrorOptions = {}): HeadError {
  const given: HeadErrorOptions = typeof options === 'string' ? { at: options } : options;
  const { at, every, whatIf, above } = { ...DEFAULTS, ...given };
  if ((above === undefined) !== (given.then === undefined)) {
    throw new MesaError('watch-options', { at: 'headError', says: "'above' and 'then' go together", try: "{ above: 0.1, then: 'exact' }" });
  }
  const tries = whatIf.map(packingOf);
  const rows: ErrorRow[] = [];
  const exact: string[] = [];
  const copies = new Copies();
  const wholes = new Wholes();
  const sums = new Gathering<Sums[]>();
  let reads = noReads;

  const compare = (seen: Seen, made: Tensor, read: Tensor, way: Way, packed: Saved['packed'] = null): void => {
    const layout = layoutOf(seen.value.spec, seen.samples);
    sums.add(JSON.stringify([seen.name, way]), sumsOf(seen.step.engine, made, layout, read, packed));
  };

  return {
    at,
    every,
    rows,
    exact,

    attach({ plan }, names) {
      const { kept, derived } = readsOf(plan);
      if (tries.length > 0 || [...names].some((name) => kept.has(name) || derived.has(name))) return;
      const some = [...kept].slice(0, 3).map((name) => `'${name}'`);
      throw new MesaError('nothing-to-compare', {
        at: 'headError',
        says: `backward reads none of the ${names.size} values of '${at}' under policy '${plan.policy.name}'`,
        ...(some.length > 0 && { try: some.join(', ') }),
      });
    },

    begin({ plan }) {
      reads = readsOf(plan);
    },

    makes: (name) => reads.inKernel.has(name),

    value(seen) {
      if (reads.derived.has(seen.name)) copies.keep(seen);
      for (const packing of tries) {
        const way = { kept: describe(packing), tried: true };
        const attempt = (whole: Seen): void =>
          tryPacking(whole, packing, (read, packed) => compare(whole, whole.tensor, read, way, packed));
        if (isRowGroup(packing.group)) attempt(seen);
        else wholes.add(seen, way.kept, attempt);
      }
    },

    saved(seen) {
      const { packed, tensor } = seen;
      if (!packed) compare(seen, tensor, tensor, { kept: 'full', tried: false });
      else restore(seen, packed, (read) => compare(seen, tensor, read, { kept: describe(packed.packing), tried: false }, packed));
    },

    derived(seen) {
      copies.with(seen, (made) => compare(seen, made, seen.tensor, { kept: 'derived', tried: false }));
    },

    end({ step, plan, graph }, report, setPolicy) {
      copies.dispose();
      wholes.dispose();
      if (!report) return sums.drop();
      const now = [...sums.take(addedByHead)].flatMap(([key, heads]) => {
        const [value, way] = JSON.parse(key) as [string, Way];
        return heads.map((s, head) => errorRow({ step, value, ...way, head }, s));
      });
      rows.push(...now);
      if (above === undefined) return;
      const over = new Set(now.filter((r) => !r.tried && r.relative > above).map((r) => r.value));
      const blocks = blocksOf(graph, over).filter((block) => !exact.includes(block));
      if (blocks.length === 0) return;
      setPolicy(withExact(plan.policy, blocks));
      exact.push(...blocks);
    },

    table: () => tableOf(COLUMNS, rows),
    figure: () => (tries.length > 0 ? errorByPacking(rows) : errorByHead(rows)),
  };
}

/** How a value is kept, or, when it is only tried, would be. */
type Way = Pick<ErrorRow, 'kept' | 'tried'>;
