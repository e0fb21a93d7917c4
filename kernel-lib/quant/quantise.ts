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
import type { Engine, Kernels } from '../engine/engine';
import { MesaError } from '../errors';
import type { Key } from '../random/threefry';
import { checkPacking } from './check-packing';
import { type Groups, groupsOf, isRowGroup, packedBytes, rowBytes } from './groups';
import type { Layout, Packing } from './packing';
import { packPlain, unpackPlain } from './plain';

export { checkPacking } from './check-packing';
export { packedBytes } from './groups';

/** A value kept in few bits. */
export interface Packed {
  /** Codes, tight in every row: `[rows, bytes a row]`, one byte an element on our heap, an int32 carrier on a stock backend. */
  readonly codes: Tensor;
  /** Two bf16 in an int32 `[rows, groups a row]` for groups within a row, else float32 `[2, groups]`: minima, then spans. */
  readonly range: Tensor;
  readonly packing: Packing;
  readonly layout: Layout;
  /** int32 `[2]`: elements outside their range, groups with an element that is not finite. Not disposed of by `disposePacked`. */
  readonly counters: Tensor;
  /** Bytes of codes and ranges. */
  readonly bytes: number;
  /** The running estimate after this batch; the caller's to keep or dispose of. NaN for a group that no batch has shown yet. */
  readonly nextState?: Tensor;
}

export interface PackOptions {
  /** The running estimate before this batch; absent at the first. */
  readonly state?: Tensor;
  /** Key of the draws; needed for stochastic rounding. */
  readonly key?: Key;
  /** Index of the first sample of `x` in its micro-batch: draws are numbered from there. */
  readonly firstSample?: number;
  /** Name that the bytes are booked under. */
  readonly label?: string;
}

/**
 * Packs a value. `x` may have any shape of `layout.rows * layout.columns` elements.
 *
 * @example
 * const packed = pack(engine, x, layout, { bits: 8, group: 'row', range: 'batch', decay: 0.9, rounding: 'nearest' });
 * const x2 = unpack(engine, packed, 0, layout.rows);
 */
export function pack(engine: Engine, x: Tensor, layout: Layout, packing: Packing, options: PackOptions = {}): Packed {
  const { label } = options;
  check(x, layout, packing, options);
  const groups = groupsOf(layout, packing);
  const name = label ? { name: label } : {};
  const saves = { category: 'saves', ...name } as const;
  const row = isRowGroup(packing.group);
  const carrier = engine.form === 'stock' ? 'int32' : 'bool';
  const codes = engine.empty([layout.rows, rowBytes(layout, packing)], carrier, saves);
  const range = row ? engine.empty([layout.rows, groups.perRow], 'int32', saves) : engine.empty([2, groups.count], 'float32', saves);
  const counters = engine.empty([2], 'int32', { category: 'transient', ...name });
  const nextState =
    packing.range === 'running' ? engine.empty([2, groups.count], 'float32', { category: 'optimizer', ...name }) : undefined;
  const { codes: codeBytes, ranges } = packedBytes(layout, packing);
  const packed = { codes, range, packing, layout, counters, bytes: codeBytes + ranges, ...(nextState ? { nextState } : {}) };
  if (!engine.kernels) packOnArrays(engine, x, packed, options);
  else if (row) packRows(engine.kernels, x, packed, groups, options);
  else packGroups(engine, engine.kernels, x, packed, groups, options);
  return packed;
}

/** Restores rows `firstRow .. firstRow + rowCount - 1` as float32 `[rowCount, columns]`: the same bits whatever the slice. */
export function unpack(engine: Engine, packed: Packed, firstRow: number, rowCount: number, out?: Tensor): Tensor {
  const { codes, range, packing, layout } = packed;
  if (!(firstRow >= 0 && rowCount >= 0 && firstRow + rowCount <= layout.rows)) {
    throw new MesaError('rows-out-of-range', {
      says: `a packed value of ${layout.rows} rows has no rows ${firstRow} to ${firstRow + rowCount - 1}`,
    });
  }
  const y = out ?? engine.empty([rowCount, layout.columns], 'float32', { category: 'transient' });
  const { width, classes, rowsPerClass } = groupsOf(layout, packing);
  if (engine.kernels) {
    engine.kernels.queue(
      'dequantise',
      [codes, range, y, firstRow, rowCount, layout.columns, width, packing.bits, classes, rowsPerClass],
      packing.bits < 8 ? layout.columns : 0,
    );
  } else {
    engine.write(y, unpackPlain(engine.read(codes), engine.read(range), layout, packing, firstRow, rowCount));
  }
  return y;
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

/** Range, rounding and codes of a row in one pass. */
function packRows(kernels: Kernels, x: Tensor, packed: Packed, { width }: Groups, options: PackOptions): void {
  const { codes, range, layout, packing, counters } = packed;
  kernels.queue('fill', [counters, 2, 0]);
  kernels.queue('quantise_rows', [x, codes, range, counters, ...roundingArguments(layout, packing, width, options)], looseBytes(packed));
}

/** Extents of blocks of rows, combined in index order to the range of each group, then codes. */
function packGroups(engine: Engine, kernels: Kernels, x: Tensor, packed: Packed, groups: Groups, options: PackOptions): void {
  const { codes, range, layout, packing, counters, nextState } = packed;
  const { rows, columns } = layout;
  const { width, classes, rowsPerClass, count } = groups;
  const blockRows = Math.max(1, Math.ceil(Math.max(16384, 64 * count) / Math.max(1, columns)));
  const blocks = Math.ceil(rows / blockRows);
  const extents = engine.empty([blocks, 3, count], 'float32', { category: 'transient', ...(options.label ? { name: options.label } : {}) });
  const weight = Math.fround(1 - packing.decay);
  kernels.queue('group_extents', [x, extents, rows, columns, width, classes, rowsPerClass, blockRows]);
  kernels.queue('group_ranges', [extents, blocks, count, (nextState && options.state) ?? null, nextState ?? null, weight, range, counters]);
  extents.dispose();
  kernels.queue(
    'quantise_groups',
    [
      x,
      codes,
      range,
      counters,
      ...roundingArguments(layout, packing, width, options),
      classes,
      rowsPerClass,
      Number(packing.range === 'running'),
    ],
    looseBytes(packed),
  );
}

/** Scratch of a thread: below 8 bits, the codes of a task's rows lie a byte each before they are squeezed. */
function looseBytes({ layout, packing }: Packed): number {
  return packing.bits < 8 ? Math.max(16384, layout.columns) : 0;
}

function roundingArguments(layout: Layout, packing: Packing, width: number, { key, firstSample = 0 }: PackOptions): number[] {
  const stochastic = packing.rounding === 'stochastic';
  const [key0, key1] = stochastic && key ? key : [0, 0];
  return [layout.rows, layout.columns, width, packing.bits, layout.rowsPerSample, Number(stochastic), key0 >>> 0, key1 >>> 0, firstSample];
}

function packOnArrays(engine: Engine, x: Tensor, packed: Packed, { key = [0, 0], firstSample = 0, state }: PackOptions): void {
  const plain = packPlain(engine.read(x), packed.layout, packed.packing, key, firstSample, state && engine.read(state));
  engine.write(packed.codes, plain.codes);
  engine.write(packed.range, plain.range);
  engine.write(packed.counters, Int32Array.of(plain.saturated, plain.nonFinite));
  if (packed.nextState && plain.nextState) engine.write(packed.nextState, plain.nextState);
}
