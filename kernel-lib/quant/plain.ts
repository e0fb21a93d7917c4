import type { Key } from '../random/threefry';
import { type FloatBits, floatBits } from './float-bits';
import { type Extent, type Grid, gridOf, gridOfWord, limited, nearLimit, rangeWord } from './grid';
import { type Groups, groupAt, groupsOf, isRowGroup, rowBytes } from './groups';
import { halvesOf } from './halves';
import type { Layout, Packing } from './packing';
import { spread, squeeze } from './tight';

type Numbers = ArrayLike<number>;

/** What packing yields, on arrays. `range` holds words of two bf16 for groups within a row, else minima then spans. */
export interface PlainPacked {
  readonly codes: Uint8Array;
  readonly range: Int32Array | Float32Array;
  readonly saturated: number;
  readonly nonFinite: number;
  readonly nextState?: Float32Array;
}

/** Where things are while a value is packed or restored. */
interface Place {
  readonly layout: Layout;
  readonly packing: Packing;
  readonly groups: Groups;
  readonly range: Numbers;
  readonly bits: FloatBits;
}

/** The definition of `pack` on arrays: what the C kernels compute, to the last bit. */
export function packPlain(x: Numbers, layout: Layout, packing: Packing, key: Key, firstSample: number, state?: Numbers): PlainPacked {
  const bits = floatBits();
  const groups = groupsOf(layout, packing);
  const extents = extentsOf(x, layout, groups);
  const nextState = packing.range === 'running' ? nextRanges(extents, packing.decay, state) : undefined;
  const range = isRowGroup(packing.group)
    ? Int32Array.from(extents, (e) => rangeWord(e, bits))
    : batchRange(extents, nextState ?? nextRanges(extents, 0));
  const half = packing.rounding === 'stochastic' ? halvesOf(key) : () => 0x8000;
  const { codes, saturated } = codesOf(x, { layout, packing, groups, range, bits }, (sample, element) =>
    half(firstSample + sample, element),
  );
  const nonFinite = extents.reduce((n, e) => n + Number(e.faulty), 0);
  return { codes, range, saturated, nonFinite, ...(nextState ? { nextState } : {}) };
}

/** The definition of `unpack` on arrays: rows `firstRow .. firstRow + rowCount - 1`. */
export function unpackPlain(
  codes: Numbers,
  range: Numbers,
  layout: Layout,
  packing: Packing,
  firstRow: number,
  rowCount: number,
): Float32Array {
  const groups = groupsOf(layout, packing);
  const place = { layout, packing, groups, range, bits: floatBits() };
  const { columns } = layout;
  const y = new Float32Array(rowCount * columns);
  const loose = new Uint8Array(columns);
  for (let i = 0; i < rowCount; i++) {
    const row = firstRow + i;
    spread(codes, row * rowBytes(layout, packing), columns, packing.bits, loose);
    for (let c = 0, end = 0; c < columns; c = end) {
      end = Math.min(columns, c + groups.width);
      const { low, step } = gridAt(place, groupAt(groups, row, c));
      for (let k = c; k < end; k++) y[i * columns + k] = (loose[k] as number) * step + low;
    }
  }
  return y;
}

function extentsOf(x: Numbers, { rows, columns }: Layout, groups: Groups): Extent[] {
  const extents: Extent[] = Array.from({ length: groups.count }, () => ({ low: Infinity, high: -Infinity, faulty: false }));
  for (let row = 0; row < rows; row++) {
    for (let c = 0, end = 0; c < columns; c = end) {
      end = Math.min(columns, c + groups.width);
      const g = groupAt(groups, row, c);
      let { low, high, faulty } = extents[g] as Extent;
      for (let k = c; k < end; k++) {
        const v = x[row * columns + k] as number;
        if (v < low) low = v;
        if (v > high) high = v;
        if (v - v !== 0) faulty = true; // NaN or infinite
      }
      extents[g] = { low, high, faulty };
    }
  }
  return extents;
}

/** The running estimate a step further, minima then spans; NaN where nothing was seen yet. Faulty and empty groups stay as they were. */
function nextRanges(extents: readonly Extent[], decay: number, state?: Numbers): Float32Array {
  const weight = Math.fround(1 - decay);
  const toward = (old: number, now: number): number => (Number.isNaN(old) ? now : old - weight * Math.fround(old - now));
  const n = extents.length;
  const next = new Float32Array(2 * n);
  extents.forEach(({ low, high, faulty }, g) => {
    const [oldLow, oldSpan] = state ? [state[g] as number, state[n + g] as number] : [Number.NaN, Number.NaN];
    const stay = faulty || low > high;
    next[g] = stay ? oldLow : toward(oldLow, limited(low));
    next[n + g] = stay ? oldSpan : toward(oldSpan, Math.fround(limited(high) - limited(low)));
  });
  return next;
}

/** The range a batch is packed with: NaN for a faulty group, 0 for one without elements. */
function batchRange(extents: readonly Extent[], ranges: Float32Array): Float32Array {
  const n = extents.length;
  return ranges.map((r, i) => {
    const { low, high, faulty } = extents[i % n] as Extent;
    return faulty ? Number.NaN : low > high ? 0 : r;
  });
}

function gridAt({ packing, groups, range, bits }: Place, g: number): Grid {
  const levels = 2 ** packing.bits - 1;
  if (isRowGroup(packing.group)) return gridOfWord(range[g] as number, levels, bits);
  return gridOf(range[g] as number, range[groups.count + g] as number, levels, bits);
}

function codesOf(x: Numbers, place: Place, half: (sample: number, element: number) => number): { codes: Uint8Array; saturated: number } {
  const { layout, packing, groups } = place;
  const { rows, columns, rowsPerSample } = layout;
  const codes = new Uint8Array(rows * rowBytes(layout, packing));
  const loose = new Uint8Array(columns);
  let saturated = 0;
  for (let row = 0; row < rows; row++) {
    const sample = Math.floor(row / rowsPerSample);
    const start = (row - sample * rowsPerSample) * columns;
    for (let c = 0, end = 0; c < columns; c = end) {
      end = Math.min(columns, c + groups.width);
      const grid = gridAt(place, groupAt(groups, row, c));
      const scale = grid.step > 0 ? Math.fround(65536 / grid.step) : 0;
      const top = (2 ** packing.bits - 1) * 65536;
      const counts = packing.range === 'running' || nearLimit(grid);
      for (let k = c; k < end; k++) {
        const d = Math.fround((x[row * columns + k] as number) - grid.low);
        const at = Math.fround(d * scale);
        loose[k] = ((at > 0 ? Math.min(at, top) : 0) + half(sample, start + k)) / 65536;
        if (counts && (d < 0 || d > grid.span)) saturated++;
      }
    }
    squeeze(loose, columns, packing.bits, codes, row * rowBytes(layout, packing));
  }
  return { codes, saturated };
}
