import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resizeGrid } from '../../../kernel-lib/models/pretrained/resize-grid';

interface Case {
  readonly channels: number;
  readonly from: [number, number];
  readonly to: [number, number];
  readonly grid: readonly number[];
  readonly expected: readonly number[];
}

const cases = JSON.parse(readFileSync(join(__dirname, 'resize-grid.json'), 'utf8')) as Case[];

describe('a resized grid', () => {
  it.each(cases.map((c) => [`${c.from} to ${c.to}`, c] as const))(
    'of %s has the numbers of PyTorch',
    (_, { channels, from, to, grid, expected }) => {
      const out = resizeGrid(Float32Array.from(grid), channels, from, to);
      expect(out.length).toBe(expected.length);
      for (const [i, value] of out.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    },
  );

  it('of the same size is the same', () => {
    const grid = Float32Array.from([1, -2, 3, 4]);
    expect(resizeGrid(grid, 1, [2, 2], [2, 2])).toEqual(grid);
  });
});
