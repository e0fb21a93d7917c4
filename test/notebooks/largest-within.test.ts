import { expect, it } from 'vitest';
import { largestWithin } from '../../notebooks/largest-within';

it('is the last size whose bytes are within the budget, the first one where none is', () => {
  expect(largestWithin(100, 2, 2, (n) => 10 * n)).toBe(10);
  expect(largestWithin(100, 2, 3, (n) => 10 * n)).toBe(8);
  expect(largestWithin(5, 2, 2, (n) => 10 * n)).toBe(2);
});
