import { describe, expect, it } from 'vitest';
import { interval, inWords, paired, verdict } from '../../notebooks/statistics';

describe('an interval', () => {
  it('is the mean and what Student says of its error', () => {
    const { mean, margin, count } = interval([1, 2, 3]);
    expect([mean, count]).toEqual([2, 3]);
    expect(margin).toBeCloseTo(4.303 / Math.sqrt(3), 3); // standard deviation 1, two degrees of freedom
  });

  it('of one number is not known', () => {
    expect(interval([5])).toEqual({ mean: 5, margin: Number.NaN, count: 1 });
  });

  it('of no number has no mean', () => expect(interval([]).mean).toBeNaN());

  it('of many numbers is not narrower than that of a normal distribution', () => {
    const { margin, count } = interval(Array.from({ length: 100 }, (_, i) => i % 2));
    const deviation = Math.sqrt((count * 0.25) / (count - 1));
    expect(margin).toBeGreaterThanOrEqual((1.96 * deviation) / Math.sqrt(count));
    expect(margin).toBeLessThan((2.2 * deviation) / Math.sqrt(count));
  });

  it('of pairs leaves out what both have in common', () => {
    expect(paired([11, 22, 33], [10, 21, 32])).toEqual({ mean: 1, margin: 0, count: 3 });
  });
});

describe('a verdict', () => {
  const of = (low: number, high: number) => verdict({ mean: (low + high) / 2, margin: (high - low) / 2, count: 3 }, 1);

  it('is equal when the whole interval is within the margin, also where it lies beside zero', () => {
    expect([of(-0.5, 0.5), of(0.2, 0.8), of(-0.8, -0.2)]).toEqual(['equal', 'equal', 'equal']);
  });

  it('is worse or better when the interval is on one side of zero and not within the margin', () => {
    expect([of(-3, -0.5), of(0.5, 3)]).toEqual(['worse', 'better']);
  });

  it('is open when the interval holds zero and leaves the margin', () => expect([of(-2, 0.5), of(-2, 2)]).toEqual(['open', 'open']));

  it('is open when there is a single run', () => expect(verdict(interval([-5]), 1)).toBe('open'));
});

describe('in words', () => {
  it('has a sign where there is a difference, and says where there is no interval', () => {
    expect(inWords({ mean: -0.068, margin: 0.874, count: 3 }, 2)).toBe('−0.07 ± 0.87');
    expect(inWords({ mean: 0.068, margin: 0.874, count: 3 }, 1)).toBe('+0.1 ± 0.9');
    expect(inWords({ mean: -0.004, margin: Number.NaN, count: 1 }, 2)).toBe('0.00 ± ?');
  });
});
