import type { Tensor, TypedArray } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { groupAt, groupsOf, isRowGroup } from '../quant/groups';
import type { Layout } from '../quant/packing';
import type { Packed } from '../quant/quantise';
import { asDoubles, blockRows, eachPiece, type Pending, pending, pendingTensor } from './pending';

/** What a value, or the elements of one head of it, comes to. Elements that are not finite are counted and left out of the rest. */
export interface Sums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
  /** Squares of the differences to the value that it is compared with. */
  readonly errors: number;
  readonly low: number;
  readonly high: number;
  /** Elements outside the range of their group. */
  readonly outside: number;
  readonly faulty: number;
}

const FIELDS = 8; // of the command `watch_sums`

export const nothing: Sums = { count: 0, sum: 0, squares: 0, errors: 0, low: Infinity, high: -Infinity, outside: 0, faulty: 0 };

export function added(a: Sums, b: Sums): Sums {
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    squares: a.squares + b.squares,
    errors: a.errors + b.errors,
    low: Math.min(a.low, b.low),
    high: Math.max(a.high, b.high),
    outside: a.outside + b.outside,
    faulty: a.faulty + b.faulty,
  };
}

/** `added`, head by head. */
export function addedByHead(a: readonly Sums[], b: readonly Sums[]): Sums[] {
  return a.map((s, head) => added(s, b[head] as Sums));
}

/** Sums of x for each head, and of its difference to `restored`; with `packed`, elements outside the ranges that it was packed with. */
export function sumsOf(engine: Engine, x: Tensor, layout: Layout, restored: Tensor = x, packed: Packed | null = null): Pending<Sums[]> {
  if (engine.form === 'dry') return pending(Array.from({ length: layout.heads }, () => nothing));
  const { kernels } = engine;
  const ranged = packed && !isRowGroup(packed.packing.group) ? packed : null;
  if (!kernels) return pending(plainSums(engine.read(x), engine.read(restored), layout, ranged, engine));
  const { rows, columns, heads } = layout;
  const perBlock = blockRows(columns);
  const blocks = Math.ceil(rows / perBlock);
  const out = engine.empty([blocks, heads, 2 * FIELDS], 'float32', { category: 'watch', name: 'sums' });
  const { width, classes } = ranged ? groupsOf(layout, ranged.packing) : { width: 1, classes: 1 };
  const rowsPerHead = layout.headAxis === 'rows' ? layout.rowsPerHead : 0;
  kernels.queue('watch_sums', [x, restored, ranged?.range ?? null, out, rows, columns, heads, rowsPerHead, perBlock, width, classes]);
  return pendingTensor(engine, out, (values) => combined(asDoubles(values), heads));
}

/** Blocks in index order. */
function combined(fields: Float64Array, heads: number): Sums[] {
  const sums = Array.from({ length: heads }, () => nothing);
  for (let at = 0; at < fields.length; at += FIELDS) {
    const [count, sum, squares, errors, low, high, outside, faulty] = fields.subarray(at, at + FIELDS) as unknown as number[];
    const head = (at / FIELDS) % heads;
    sums[head] = added(sums[head] as Sums, { count, sum, squares, errors, low, high, outside, faulty } as Sums);
  }
  return sums;
}

function plainSums(x: TypedArray, y: TypedArray, layout: Layout, packed: Packed | null, engine: Engine): Sums[] {
  const sums = Array.from({ length: layout.heads }, () => ({ ...nothing }) as { -readonly [K in keyof Sums]: number });
  const isOutside = packed ? outsideOf(engine.read(packed.range), layout, packed) : () => false;
  eachPiece(layout, (head, row, first, end) => {
    const s = sums[head] as (typeof sums)[0];
    for (let i = first; i < end; i++) {
      const at = row * layout.columns + i;
      const v = x[at] as number;
      const e = Math.fround(v - (y[at] as number));
      if (isOutside(v, row, i)) s.outside++;
      if (!Number.isFinite(v) || !Number.isFinite(e)) {
        s.faulty++;
        continue;
      }
      s.count++;
      s.sum += v;
      s.squares += v * v;
      s.errors += e * e;
      s.low = Math.min(s.low, v);
      s.high = Math.max(s.high, v);
    }
  });
  return sums;
}

function outsideOf(range: TypedArray, layout: Layout, { packing }: Packed): (v: number, row: number, column: number) => boolean {
  const groups = groupsOf(layout, packing);
  return (v, row, column) => {
    const g = groupAt(groups, row, column);
    const d = Math.fround(v - (range[g] as number));
    return d < 0 || d > (range[groups.count + g] as number);
  };
}
