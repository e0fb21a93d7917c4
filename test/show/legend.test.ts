import { describe, expect, it } from 'vitest';
import { legendHeight } from '../../kernel-lib/show/legend';
import { logAxes } from '../../kernel-lib/show/log-axes';

const named = (count: number, length: number) => Array.from({ length: count }, (_, i) => ({ name: `${i}`.padEnd(length, 'x') }));

describe('the height of a legend', () => {
  it('is nothing for one entry, one row where all fit', () => {
    expect(legendHeight(named(1, 5), 680)).toBe(0);
    expect(legendHeight(named(6, 5), 680)).toBe(legendHeight(named(2, 5), 680));
  });

  it('grows by a row at a time', () => {
    const [rows2, rows4] = [legendHeight(named(6, 24), 680), legendHeight(named(12, 24), 680)];
    expect(rows4 - rows2).toBe(2 * 19);
    expect(legendHeight(named(3, 200), 680) - rows2).toBe(19);
  });
});

describe('logarithmic axes', () => {
  const layout = { xaxis: { type: 'log' }, yaxis: { type: 'log' }, yaxis2: { type: 'log', dtick: 1 }, yaxis3: {} };

  it.each([
    [[0.2, 0.9], { dtick: 'D1' }],
    [[0.2, 90, 0, null, Number.POSITIVE_INFINITY], { dtick: 'D2' }],
    [[1e-6, 1], { minorloglabels: 'none' }],
    [[], { dtick: 'D1' }],
  ])('have labels that suit %o', (y, expected) => {
    expect(logAxes([{ y }, { y: [1e9, 1], yaxis: 'y2' }], layout).yaxis).toMatchObject({ type: 'log', ...expected });
  });

  it('are what the figure says where it says it, and no others are touched', () => {
    const axes = logAxes([{ y: [1, 100], yaxis: 'y2' }], layout);
    expect(axes.yaxis2).toMatchObject({ dtick: 1, minorloglabels: 'complete' });
    expect(Object.keys(axes)).toEqual(['yaxis', 'yaxis2']);
  });
});
