import type { FloatBits } from './float-bits';

/** Ranges end at +-2^126, so that their span is a finite float32; what lies beyond is clamped and counted. */
const rangeLimit = 2 ** 126;
/** A finer grid counts as none: all elements restore to the minimum. */
const leastStep = 2 ** -100;

/** What is seen of a group: its smallest and largest element, and whether one was NaN or infinite. */
export interface Extent {
  readonly low: number;
  readonly high: number;
  readonly faulty: boolean;
}

/** The levels of a group: low, low + step, ... up to low + span. */
export interface Grid {
  readonly low: number;
  readonly span: number;
  readonly step: number;
}

/**
 * The grid of a range. The step is span / levels rounded up to 16 significant bits: then code * step is exact in float32, and an
 * element restores to the same bits whether or not a processor fuses product and sum. The step grows by at most 1 part in 32768.
 */
export function gridOf(low: number, span: number, levels: number, bits: FloatBits): Grid {
  const step = Math.fround(span / levels);
  return { low, span, step: step < leastStep ? 0 : bits.float((bits.of(step) + 0xff) & ~0xff) };
}

/** Whether a range comes near the limit, so that even elements of this very batch may lie outside. */
export function nearLimit({ low, span }: Grid): boolean {
  return low <= -rangeLimit / 2 || Math.fround(low + span) >= rangeLimit / 2;
}

/** Within the limit, and +0 for -0. */
export function limited(x: number): number {
  return Math.max(-rangeLimit, Math.min(rangeLimit, x)) + 0;
}

/** A range as two bf16 in a word, rounded outward: the minimum in the lower half, the maximum in the upper; NaN twice if faulty. */
export function rangeWord({ low, high, faulty }: Extent, bits: FloatBits): number {
  if (faulty) return 0x7fc07fc0;
  const below = (x: number): number => (x >>> 31 ? x + 0xffff : x) >>> 16;
  return (below(bits.of(limited(low))) | ((below(bits.of(-limited(high))) ^ 0x8000) << 16)) >>> 0;
}

/** The grid of a range kept as a word. */
export function gridOfWord(word: number, levels: number, bits: FloatBits): Grid {
  const low = bits.float(word << 16);
  return gridOf(low, Math.fround(bits.float(word & 0xffff0000) - low), levels, bits);
}
