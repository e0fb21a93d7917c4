import { expect, it } from 'vitest';
import { layoutOf } from '../../kernel-lib/tape/layout';

it('reads a head of [b*windows, h, n, keys] as n rows, and the next head as the n rows after', () => {
  const spec = { rows: 4, dims: [3, 49, 25], heads: { count: 3, axis: 'second' as const } };
  expect(layoutOf(spec, 2)).toEqual({
    rows: 2 * 4 * 3 * 49,
    columns: 25,
    rowsPerSample: 4 * 3 * 49,
    heads: 3,
    headAxis: 'rows',
    rowsPerHead: 49,
  });
});
