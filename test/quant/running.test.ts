import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupAt, groupsOf } from '../../kernel-lib/quant/groups';
import { packPlain, unpackPlain } from '../../kernel-lib/quant/plain';
import { anyLayout, gaussian, paper, tokens } from './values';

const layout = tokens(2, 8, 3, 16);
const n = layout.rows * layout.columns;
const batches = [gaussian(n, 1), gaussian(n, 2, 3), gaussian(n, 3, 0.1, 5), gaussian(n, 4)];

/** One head's elements of a batch. */
const head = (x: Float32Array, h: number): number[] => [...x].filter((_, i) => Math.floor((i % 48) / 16) === h);

describe('running ranges', () => {
  it('follow the three lines of the paper: range and minimum, each averaged for itself', () => {
    let state: Float32Array | undefined;
    const [alpha, beta] = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    batches.forEach((x, step) => {
      state = packPlain(x, layout, paper, [0, 0], 0, state).nextState as Float32Array;
      for (let h = 0; h < 3; h++) {
        const [least, most] = [Math.min(...head(x, h)), Math.max(...head(x, h))];
        alpha[h] = step === 0 ? most - least : alpha[h]! - (1 - 0.9) * (alpha[h]! - (most - least));
        beta[h] = step === 0 ? least : beta[h]! - (1 - 0.9) * (beta[h]! - least);
        expect(state[h]).toBeCloseTo(beta[h]!, 5);
        expect(state[3 + h]).toBeCloseTo(alpha[h]!, 5);
      }
    });
  });

  it('are updated before the batch is packed, and the save holds the updated one', () => {
    const first = packPlain(batches[0]!, layout, paper, [0, 0], 0);
    const second = packPlain(batches[1]!, layout, paper, [0, 0], 0, first.nextState);
    expect(second.range).toEqual(second.nextState);
    expect(second.range).not.toEqual(first.nextState);
  });

  it('leave the state that was given as it was', () => {
    const state = packPlain(batches[0]!, layout, paper, [0, 0], 0).nextState as Float32Array;
    const copy = state.slice();
    packPlain(batches[1]!, layout, paper, [0, 0], 0, state);
    expect(state).toEqual(copy);
  });

  it('count every element outside, at both ends, after any jump of scale', () => {
    fc.assert(
      fc.property(
        anyLayout,
        fc.nat(),
        fc.integer({ min: -30, max: 30 }),
        fc.integer({ min: -30, max: 30 }),
        fc.constantFrom('head', 'channel', 'tensor'),
        (some, seed, before, after, group) => {
          const size = some.rows * some.columns;
          const packing = { ...paper, group } as const;
          const { nextState } = packPlain(gaussian(size, seed, 2 ** before, before), some, packing, [0, 0], 0);
          const x = gaussian(size, seed + 1, 2 ** after);
          const packed = packPlain(x, some, packing, [0, 0], 0, nextState);
          const groups = groupsOf(some, packing);
          const outside = x.filter((v, i) => {
            const g = groupAt(groups, Math.floor(i / some.columns), i % some.columns);
            const d = Math.fround(v - packed.range[g]!);
            return d < 0 || d > packed.range[groups.count + g]!;
          });
          expect(packed.saturated).toBe(outside.length);
        },
      ),
    );
  });

  it('reach nine tenths of a new scale after 22 steps', () => {
    let state = packPlain(
      batches[0]!.map((v) => v * 1e-6),
      layout,
      paper,
      [0, 0],
      0,
    ).nextState as Float32Array;
    const full = packPlain(batches[0]!, layout, paper, [0, 0], 0).nextState as Float32Array;
    for (let step = 0; step < 22; step++) state = packPlain(batches[0]!, layout, paper, [0, 0], 0, state).nextState as Float32Array;
    expect(state[3]! / full[3]!).toBeGreaterThan(0.9);
    expect(state[3]! / full[3]!).toBeLessThan(0.91);
  });

  it('are untouched by a group that is not finite: it restores to NaN, is counted, and the others go on', () => {
    const state = packPlain(batches[0]!, layout, paper, [0, 0], 0).nextState as Float32Array;
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const x = batches[1]!.slice();
      x[20] = bad; // head 1
      const packed = packPlain(x, layout, paper, [0, 0], 0, state);
      const clean = packPlain(batches[1]!, layout, paper, [0, 0], 0, state);
      const y = unpackPlain(packed.codes, packed.range, layout, paper, 0, layout.rows);
      expect(packed.nonFinite).toBe(1);
      expect(head(y, 1).every(Number.isNaN)).toBe(true);
      for (const h of [0, 2]) {
        expect(packed.nextState![h]).toBe(clean.nextState![h]);
        expect(head(y, h).some(Number.isNaN)).toBe(false);
      }
      expect([packed.nextState![1], packed.nextState![4]]).toEqual([state[1], state[4]]);
    }
  });

  it('begin with the first finite batch of a group', () => {
    const x = batches[1]!.slice();
    x[20] = Number.NaN;
    const first = packPlain(x, layout, paper, [0, 0], 0);
    expect(first.nextState![1]).toBeNaN();
    const second = packPlain(batches[0]!, layout, paper, [0, 0], 0, first.nextState);
    expect(second.nextState![1]).toBe(Math.min(...head(batches[0]!, 1)));
  });
});
