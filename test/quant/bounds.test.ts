import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupAt, groupsOf } from '../../kernel-lib/quant/groups';
import type { Layout, Packing } from '../../kernel-lib/quant/packing';
import { packPlain, unpackPlain } from '../../kernel-lib/quant/plain';
import { anyLayout, anyPacking, gaussian, nearestRows, paper, ranges, tokens } from './values';

/** What float32 adds: the step is rounded to 16 bits, differences and restored values to 24. */
const slack = (x: number, span: number): number => span * 2 ** -15 + Math.max(Math.abs(x), span) * 2 ** -22 + 1e-29;

/** For every element: what it was, what it restores to, and the range of its group. */
function* elements(
  x: Float32Array,
  layout: Layout,
  packing: Packing,
  state?: Float32Array,
): Generator<{ x: number; y: number; low: number; span: number }> {
  const packed = packPlain(x, layout, packing, [3, 4], 0, state);
  const y = unpackPlain(packed.codes, packed.range, layout, packing, 0, layout.rows);
  const range = ranges(packed.range, packing);
  const groups = groupsOf(layout, packing);
  for (let i = 0; i < x.length; i++) {
    const [low, span] = range[groupAt(groups, Math.floor(i / layout.columns), i % layout.columns)] as [number, number];
    yield { x: x[i] as number, y: y[i] as number, low, span };
  }
}

const broken = (element: object): Error => new Error(`out of bounds: ${JSON.stringify(element)}`);

const scaled = fc.tuple(fc.nat(), fc.integer({ min: -20, max: 20 }), fc.integer({ min: -20, max: 20 }));

describe('an element', () => {
  it('restores within half a step (nearest), or one (stochastic), of what it was, by the range of its batch', () => {
    fc.assert(
      fc.property(anyLayout, anyPacking, scaled, (layout, p, [seed, scale, offset]) => {
        const packing: Packing = { ...p, range: 'batch' };
        const bound = 1 / (2 ** packing.bits - 1) / (packing.rounding === 'nearest' ? 2 : 1);
        for (const { x, y, low, span } of elements(
          gaussian(layout.rows * layout.columns, seed, 2 ** scale, 2 ** offset),
          layout,
          packing,
        )) {
          if (x < low || x > low + span + slack(x, span) || !(Math.abs(y - x) <= span * bound + slack(x, span)))
            throw broken({ x, y, low, span });
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is never restored further away than the clamp leaves it, whatever the running range was', () => {
    fc.assert(
      fc.property(
        anyLayout,
        scaled,
        scaled,
        fc.constantFrom('nearest', 'stochastic'),
        (layout, [seed, scale], [, before, offset], rounding) => {
          const n = layout.rows * layout.columns;
          const packing: Packing = { ...paper, rounding };
          const state = packPlain(gaussian(n, seed, 2 ** before, offset), layout, packing, [1, 2], 0).nextState;
          for (const { x, y, low, span } of elements(gaussian(n, seed + 1, 2 ** scale), layout, packing, state)) {
            const clamped = Math.min(low + span, Math.max(low, x));
            const bound = Math.abs(clamped - x) + span / 255 / (rounding === 'nearest' ? 2 : 1) + slack(clamped, span);
            if (!(Math.abs(y - x) <= bound)) throw broken({ x, y, low, span });
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('would be caught by these bounds if its code wrapped, as in the official kernel', () => {
    const layout = tokens(1, 50, 1, 20);
    const state = packPlain(gaussian(1000, 1), layout, paper, [1, 2], 0).nextState;
    const wrong = [...elements(gaussian(1000, 2, 5), layout, paper, state)].filter(({ x, low, span }) => {
      const code = Math.floor(((x - low) / span) * 255 + 0.5) & 255;
      return Math.abs((code / 255) * span + low - x) > Math.abs(Math.min(low + span, Math.max(low, x)) - x) + span / 255;
    });
    expect(wrong.length).toBeGreaterThan(10);
  });
});

describe('row ranges', () => {
  it('are the extremes of the row to 8 significant bits, rounded outward', () => {
    const layout = tokens(1, 100, 3, 64);
    const x = gaussian(layout.rows * layout.columns, 5);
    const { range } = packPlain(x, layout, nearestRows, [0, 0], 0);
    ranges(range, nearestRows).forEach(([low, span], g) => {
      const row = x.subarray(g * 64, g * 64 + 64);
      const [least, most] = [Math.min(...row), Math.max(...row)];
      expect(low).toBeLessThanOrEqual(least);
      expect(low).toBeGreaterThan(least - Math.abs(least) * 2 ** -7);
      expect(low + span).toBeGreaterThanOrEqual(most);
      expect(low + span).toBeLessThan(most + Math.abs(most) * 2 ** -7);
    });
  });
});

describe('stochastic rounding', () => {
  it('is right on average: the mean error of a million draws lies within 4 standard deviations of 0', () => {
    const layout = tokens(1000, 1, 1, 1002);
    const packing: Packing = { ...paper, range: 'batch', group: 'tensor' };
    for (const fraction of [0, 0.001, 0.25, 0.5, 0.9]) {
      // The first two elements of a row are the ends of the range.
      const x = new Float32Array(1000 * 1002).map((_, i) => (i % 1002 === 0 ? 0 : i % 1002 === 1 ? 255 : 100 + fraction));
      const { codes } = packPlain(x, layout, packing, [3, 4], 0);
      let ups = 0;
      for (let i = 0; i < codes.length; i++) if (i % 1002 > 1) ups += codes[i]! - 100;
      const sigma = Math.sqrt((fraction * (1 - fraction)) / 1e6);
      expect(Math.abs(ups / 1e6 - fraction)).toBeLessThanOrEqual(4 * sigma + 2 ** -16);
      if (fraction === 0.5) expect(Math.abs(ups / 1e6 - fraction)).toBeGreaterThan(0);
    }
  });

  it('draws anew for another key, sample or element, and the same for the same', () => {
    const layout = tokens(4, 5, 1, 130);
    const x = new Float32Array(4 * 5 * 130).map((_, i) => (i === 0 ? 0 : i === 1 ? 255 : 100.5));
    const packing: Packing = { ...paper, range: 'batch', group: 'tensor' };
    const codes = (key: [number, number], first: number): string[] => {
      const all = packPlain(x, layout, packing, key, first).codes;
      return [0, 1, 2, 3].map((s) => all.slice(s * 650 + 2, s * 650 + 650).join());
    };
    const seen = [...codes([1, 2], 0), ...codes([1, 3], 0), ...codes([2, 2], 0)];
    expect(new Set(seen).size).toBe(12);
    expect(codes([1, 2], 0)).toEqual(seen.slice(0, 4));
    expect(codes([1, 2], 1).slice(0, 3)).toEqual(seen.slice(1, 4));
    const rows = packPlain(x, layout, packing, [1, 2], 0).codes;
    expect(rows.slice(130, 260)).not.toEqual(rows.slice(260, 390));
  });
});
