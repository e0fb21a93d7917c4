import fc from 'fast-check';
import type { Layout, Packing } from '../../kernel-lib/quant/packing';

export const nearestRows: Packing = { bits: 8, group: 'row', range: 'batch', decay: 0.9, rounding: 'nearest' };
export const paper: Packing = { bits: 8, group: 'head', range: 'running', decay: 0.9, rounding: 'stochastic' };

/** `[b*n, h*d]`: heads over the columns. */
export function tokens(samples: number, rows: number, heads: number, depth: number): Layout {
  return { rows: samples * rows, columns: heads * depth, rowsPerSample: rows, heads, headAxis: 'columns', rowsPerHead: rows };
}

/** `[b, h, n, m]`: heads over the rows. */
export function maps(samples: number, heads: number, rows: number, columns: number): Layout {
  return { rows: samples * heads * rows, columns, rowsPerSample: heads * rows, heads, headAxis: 'rows', rowsPerHead: rows };
}

export const anyLayout: fc.Arbitrary<Layout> = fc
  .tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 70 }),
    fc.boolean(),
  )
  .map(([samples, rows, heads, depth, overRows]) => (overRows ? maps(samples, heads, rows, depth) : tokens(samples, rows, heads, depth)));

export const anyPacking: fc.Arbitrary<Packing> = fc
  .record({
    bits: fc.constantFrom(8, 6, 4, 2, 1),
    group: fc.oneof(fc.constantFrom('head', 'row', 'channel', 'tensor'), fc.record({ run: fc.integer({ min: 1, max: 80 }) })),
    range: fc.constantFrom('batch', 'running'),
    decay: fc.constantFrom(0.9, 0.5, 0),
    rounding: fc.constantFrom('nearest', 'stochastic'),
  } as const)
  .map((p) => ({ ...p, range: p.group === 'row' || typeof p.group === 'object' ? 'batch' : p.range }) as Packing);

/** Numbers as activations have them: normal, of some scale and offset. */
export function gaussian(n: number, seed: number, scale = 1, offset = 0): Float32Array {
  const random = mulberry(seed);
  return Float32Array.from({ length: n }, () => offset + scale * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

/** Numbers of a layout with now and then one that makes trouble: zeros, huge, denormal, not finite. */
export function troubled(n: number, seed: number, share: number): Float32Array {
  const trouble = [0, -0, 3e38, -3.4e38, 1e-44, -1e-40, Number.NaN, Infinity, -Infinity, 1e30, 2 ** 126];
  const random = mulberry(seed ^ 0x5555);
  return gaussian(n, seed, 10 ** Math.round(6 * random() - 3), random()).map((v) =>
    random() < share ? (trouble[Math.floor(random() * trouble.length)] as number) : v,
  );
}

function mulberry(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A range as [minimum, span] of each group, whichever way it is kept. */
export function ranges(range: ArrayLike<number>, packing: Packing): [number, number][] {
  if (packing.group !== 'row' && typeof packing.group !== 'object') {
    const n = range.length / 2;
    return Array.from({ length: n }, (_, g) => [range[g] as number, range[n + g] as number]);
  }
  const words = Int32Array.from(range);
  const halves = new Uint16Array(words.buffer);
  const bf16 = (h: number): number => new Float32Array(Uint32Array.of(h << 16).buffer)[0] as number;
  return Array.from(words, (_, g) => [bf16(halves[2 * g] as number), bf16(halves[2 * g + 1] as number) - bf16(halves[2 * g] as number)]);
}
