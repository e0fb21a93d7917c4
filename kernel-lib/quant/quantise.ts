/**
 * The quantiser: numbers in, codes of few bits and a range per group out. It knows nothing of tapes or models.
 *
 * The equation of the paper (Mesa, arXiv 2111.11124). A group has a range: its minimum b and its span a = maximum - minimum. With
 * L = 2^bits - 1 steps in the span, an element x is kept as
 *
 *     q = round((x - b) * L / a),   and comes back as   x' = q * a / L + b.
 *
 * `nearest` rounds half up, so |x' - x| <= a / L / 2; `stochastic` rounds up with the probability of the fraction, so that x' is x on
 * average and |x' - x| <= a / L. With `range: 'running'` the range is the estimate of the paper: the first batch's, then
 *
 *     a <- a - (1 - decay) (a - span of the batch),   b <- b - (1 - decay) (b - minimum of the batch),
 *
 * minimum and span separately, never the maximum, and *before* this batch is packed.
 *
 * Where this differs from the official kernel, and why:
 * - Codes clamp at both ends and what lies outside is counted. There, a value above a + b wraps around and decodes near the minimum.
 * - A group with a NaN or an infinity restores to NaN, is counted, and leaves its running estimate alone. There, it poisons it.
 * - Running estimates are float32, whatever the model computes in; a save holds the range it was packed with, not the live one.
 * - Group sizes need not be powers of two; bits are really saved below 8; rounding is a choice.
 * - Draws come from a counter: they depend on (key, sample, element in the sample), not on threads, slices or what else was drawn.
 *
 * Defined corners: a group of equal elements has span 0 and restores exactly (as far as bf16 holds it, where ranges are bf16);
 * a grid finer than 2^-100 counts as span 0; ranges end at +-2^126 (elements beyond are clamped and counted); a group without elements
 * has range 0, 0. Groups within a row keep minimum and maximum as two bf16 rounded outward and compute codes from the rounded pair:
 * no element lies outside. The step is rounded up to 16 significant bits (grid.ts), so bounds hold to 1 part in 32768.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { MesaError } from '../errors';
import { checkPacking } from './check-packing';
import { packGroups, packRows, restoreRows } from './commands';
import { groupsOf, isRowGroup } from './groups';
import { allocate, type Packed, type PackOptions, tensorsOf } from './packed';
import type { Layout, Packing } from './packing';
import { packPlain, unpackPlain } from './plain';

export { checkPacking } from './check-packing';
export { packedBytes } from './groups';
export type { Packed, PackOptions } from './packed';

/**
 * Packs a value. `x` may have any shape of `layout.rows * layout.columns` elements.
 *
 * @example
 * const packed = pack(engine, x, layout, { bits: 8, group: 'row', range: 'batch', decay: 0.9, rounding: 'nearest' });
 * const x2 = unpack(engine, packed, 0, layout.rows);
 */
export function pack(engine: Engine, x: Tensor, layout: Layout, packing: Packing, options: PackOptions = {}): Packed {
  check(x, layout, packing, options);
  const packed = allocate(engine, layout, packing, options);
  try {
    if (!engine.kernels) packOnArrays(engine, x, packed, options);
    else if (isRowGroup(packing.group)) packRows(engine.kernels, x, packed, options);
    else packGroups(engine, engine.kernels, x, packed, options);
    return packed;
  } catch (error) {
    for (const t of tensorsOf(packed)) t.dispose();
    throw error;
  }
}

/** Restores rows `firstRow .. firstRow + rowCount - 1` as float32 `[rowCount, columns]`: the same bits whatever the slice. */
export function unpack(engine: Engine, packed: Packed, firstRow: number, rowCount: number, out?: Tensor): Tensor {
  const { codes, range, packing, layout } = packed;
  if (!(firstRow >= 0 && rowCount >= 0 && firstRow + rowCount <= layout.rows)) {
    throw new MesaError('rows-out-of-range', {
      says: `a packed value of ${layout.rows} rows has no rows ${firstRow} to ${firstRow + rowCount - 1}`,
    });
  }
  const y = out ?? engine.empty([rowCount, layout.columns], 'float32', { category: 'transient', name: packed.label });
  try {
    if (engine.kernels) restoreRows(engine.kernels, packed, firstRow, rowCount, y);
    else engine.write(y, unpackPlain(engine.read(codes), engine.read(range), layout, packing, firstRow, rowCount));
    return y;
  } catch (error) {
    if (!out) y.dispose();
    throw error;
  }
}

/** Releases codes and ranges; counters and `nextState` are the caller's. */
export function disposePacked({ codes, range }: Packed): void {
  codes.dispose();
  range.dispose();
}

function check(x: Tensor, layout: Layout, packing: Packing, { state, key }: PackOptions): void {
  checkPacking(layout, packing);
  if (x.size !== layout.rows * layout.columns) {
    throw new MesaError('shape-does-not-fit', {
      says: `a tensor of shape [${x.shape}] is not ${layout.rows} rows of ${layout.columns} columns`,
    });
  }
  if (packing.rounding === 'stochastic' && !key) {
    throw new MesaError('no-key', {
      says: 'stochastic rounding needs a key for its draws',
      try: "key: key(seed, step, micro, name), or rounding: 'nearest'",
    });
  }
  const { count } = groupsOf(layout, packing);
  if (state && state.size !== 2 * count) {
    throw new MesaError('shape-does-not-fit', { says: `a running range of shape [${state.shape}] is not [2, ${count}]` });
  }
}

function packOnArrays(engine: Engine, x: Tensor, packed: Packed, { key = [0, 0], firstSample = 0, state }: PackOptions): void {
  const plain = packPlain(engine.read(x), packed.layout, packed.packing, key, firstSample, state && engine.read(state));
  engine.write(packed.codes, plain.codes);
  engine.write(packed.range, plain.range);
  engine.write(packed.counters, Int32Array.of(plain.saturated, plain.nonFinite));
  if (packed.nextState && plain.nextState) engine.write(packed.nextState, plain.nextState);
}
