import type { Tensor } from '@tensorflow/tfjs-core';
import type { Bits, Group, Packing } from '../quant/packing';
import { type Packed, pack, unpack } from '../quant/quantise';
import { key } from '../random/key';
import { layoutOf } from '../tape/layout';
import type { Seen } from '../train/watcher';

/** Another way to pack the watched values, tried beside the run; 8 bits, a range for each head and rounding to nearest unless said. */
export interface WhatIf {
  readonly bits?: Bits;
  readonly group?: Group;
  readonly rounding?: Packing['rounding'];
}

export function packingOf({ bits = 8, group = 'head', rounding = 'nearest' }: WhatIf): Packing {
  return { bits, group, range: 'batch', decay: 0.9, rounding };
}

/** Packs a value beside the run and hands what comes back to `use`. */
export function tryPacking(seen: Seen, packing: Packing, use: (read: Tensor, packed: Packed) => void): void {
  const { step, tensor, value, samples, firstSample, name } = seen;
  const draws = { key: key(0, step.step, 0, name), firstSample };
  const packed = pack(step.engine, tensor, layoutOf(value.spec, samples), packing, { ...draws, category: 'watch', label: name });
  try {
    restore(seen, packed, (read) => use(read, packed));
  } finally {
    for (const t of [packed.codes, packed.range, packed.counters]) t.dispose();
  }
}

/** Hands what codes stand for to `use`: the same bits that backward will read. */
export function restore({ step, name }: Seen, packed: Packed, use: (read: Tensor) => void): void {
  const { rows, columns } = packed.layout;
  const read = step.engine.empty([rows, columns], 'float32', { category: 'watch', name });
  try {
    use(unpack(step.engine, packed, 0, rows, read));
  } finally {
    read.dispose();
  }
}
