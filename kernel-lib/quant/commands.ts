import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine, Kernels } from '../engine/engine';
import { groupsOf } from './groups';
import type { Packed, PackOptions } from './packed';

/** Range, rounding and codes of a row in one pass. */
export function packRows(kernels: Kernels, x: Tensor, packed: Packed, options: PackOptions): void {
  const { codes, range, counters } = packed;
  kernels.queue('fill', [counters, 2, 0]);
  kernels.queue('quantise_rows', [x, codes, range, counters, ...roundingArguments(packed, options)], looseBytes(packed));
}

/** Extents of blocks of rows, combined in index order to the range of each group, then codes. */
export function packGroups(engine: Engine, kernels: Kernels, x: Tensor, packed: Packed, options: PackOptions): void {
  const { codes, range, layout, packing, counters, nextState } = packed;
  const { rows, columns } = layout;
  const { width, classes, rowsPerClass, count } = groupsOf(layout, packing);
  const blockRows = Math.max(1, Math.ceil(Math.max(16384, 64 * count) / Math.max(1, columns)));
  const blocks = Math.ceil(rows / blockRows);
  const extents = engine.empty([blocks, 3, count], 'float32', { category: options.category ?? 'transient', name: options.label ?? '' });
  const weight = Math.fround(1 - packing.decay);
  const before = (nextState && options.state) ?? null;
  try {
    kernels.queue('group_extents', [x, extents, rows, columns, width, classes, rowsPerClass, blockRows]);
    kernels.queue('group_ranges', [extents, blocks, count, before, nextState ?? null, weight, range, counters]);
  } finally {
    extents.dispose();
  }
  const rounding = roundingArguments(packed, options);
  const running = Number(packing.range === 'running');
  kernels.queue('quantise_groups', [x, codes, range, counters, ...rounding, classes, rowsPerClass, running], looseBytes(packed));
}

/** Scratch of a thread: below 8 bits, the codes of a task's rows lie a byte each before they are squeezed. */
function looseBytes({ layout, packing }: Packed): number {
  return packing.bits < 8 ? Math.max(16384, layout.columns) : 0;
}

function roundingArguments({ layout, packing }: Packed, { key, firstSample = 0 }: PackOptions): number[] {
  const { rows, columns, rowsPerSample } = layout;
  const { width } = groupsOf(layout, packing);
  const stochastic = packing.rounding === 'stochastic';
  const [key0, key1] = stochastic && key ? key : [0, 0];
  return [rows, columns, width, packing.bits, rowsPerSample, Number(stochastic), key0 >>> 0, key1 >>> 0, firstSample];
}

/** Writes rows from `firstRow` on, restored, to y `[rows, columns]`. */
export function restoreRows(
  kernels: Kernels,
  { codes, range, packing, layout }: Packed,
  firstRow: number,
  rowCount: number,
  y: Tensor,
): void {
  const { columns } = layout;
  const { width, classes, rowsPerClass } = groupsOf(layout, packing);
  const args = [codes, range, y, firstRow, rowCount, columns, width, packing.bits, classes, rowsPerClass];
  kernels.queue('dequantise', args, packing.bits < 8 ? columns : 0);
}
