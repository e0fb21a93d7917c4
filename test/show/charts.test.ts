import { describe, expect, it } from 'vitest';
import { areaChart } from '../../kernel-lib/show/area-chart';
import { ticks } from '../../kernel-lib/show/axes';
import { lineChart } from '../../kernel-lib/show/line-chart';

describe('ticks', () => {
  it.each([
    [0, 100, [0, 20, 40, 60, 80, 100]],
    [0, 0.9, [0, 0.2, 0.4, 0.6, 0.8]],
    [3, 938, [200, 400, 600, 800]],
    [-1, 1, [-1, -0.5, 0, 0.5, 1]],
  ])('of %d to %d are round numbers inside', (low, high, expected) => {
    expect(ticks(low, high)).toEqual(expected);
  });

  it('of a single value are not endless', () => {
    expect(ticks(2, 2).length).toBeLessThan(3);
  });
});

describe('a line chart', () => {
  const chart = lineChart([{ name: 'up', x: [0, 10], y: [0, 1] }], { x: 'step', y: 'loss', alt: 'a line', width: 200, height: 100 }).text;

  it('draws from the lower left to the upper right corner of its frame', () => {
    expect(chart).toContain('points="52,62 188,10"');
  });

  it('names its axes and says what it shows', () => {
    expect(chart).toMatch(/>step<.*>loss</s);
    expect(chart).toContain('aria-label="a line"');
  });
});

describe('an area chart', () => {
  it('stacks its layers', () => {
    const layers = [
      { name: 'low', fill: '#000', y: [1, 1] },
      { name: 'high', fill: '#111', y: [1, 3] },
    ];
    const { text } = areaChart(layers, { title: 't', x: 'x', y: 'MiB', alt: '', top: 4, width: 164, height: 148 });
    expect([...text.matchAll(/ d="([^"]*)"/g)].map(([, d]) => d)).toEqual(['M52 85L152 85L152 110L52 110Z', 'M52 60L152 10L152 85L52 85Z']);
  });
});
