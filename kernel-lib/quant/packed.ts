import type { Tensor } from '@tensorflow/tfjs-core';
import type { Category, DType, Engine } from '../engine/engine';
import type { Key } from '../random/threefry';
import { groupsOf, isRowGroup, packedBytes, rowBytes } from './groups';
import type { Layout, Packing } from './packing';

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
  /** What these bytes, and those restored from them, are booked under. */
  readonly label: string;
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
  /** Category that all of it is booked under, where it is not a save. */
  readonly category?: Category;
}

/** All tensors of a packed value, or none if there is no room for one of them. */
export function allocate(engine: Engine, layout: Layout, packing: Packing, { label = '', category: own }: PackOptions = {}): Packed {
  const { perRow, count } = groupsOf(layout, packing);
  const made: Tensor[] = [];
  const empty = (shape: number[], dtype: DType, category: Category): Tensor => {
    made.push(engine.empty(shape, dtype, { category: own ?? category, name: label }));
    return made.at(-1) as Tensor;
  };
  try {
    const codes = empty([layout.rows, rowBytes(layout, packing)], engine.form === 'stock' ? 'int32' : 'bool', 'saves');
    const range = isRowGroup(packing.group) ? empty([layout.rows, perRow], 'int32', 'saves') : empty([2, count], 'float32', 'saves');
    const counters = empty([2], 'int32', 'transient');
    const bytes = packedBytes(layout, packing);
    const packed = { codes, range, packing, layout, counters, bytes: bytes.codes + bytes.ranges, label };
    return packing.range === 'running' ? { ...packed, nextState: empty([2, count], 'float32', 'optimizer') } : packed;
  } catch (error) {
    for (const t of made) t.dispose();
    throw error;
  }
}

/** All tensors that `pack` made. */
export function tensorsOf({ codes, range, counters, nextState }: Packed): Tensor[] {
  return [codes, range, counters, ...(nextState ? [nextState] : [])];
}
