import { describe, expect, it } from 'vitest';
import { themed, titleOf } from '../../kernel-lib/show/theme';

const axes = { xaxis: { title: { text: 'step' } }, yaxis: { title: { text: 'MiB' } } };

describe('the theme', () => {
  it('is a template under what a figure says', () => {
    const layout = { ...axes, title: { text: 'Memory' }, width: 500, height: 300, margin: { l: 7 } };
    expect(themed({ data: [{ y: [1] }], layout })).toMatchSnapshot();
  });

  it('leaves the figure alone', () => {
    const figure = { data: [{ name: 'saves', stackgroup: 'a' }], layout: axes };
    const before = structuredClone(figure);
    themed(figure);
    expect(figure).toEqual(before);
  });

  it.each([
    ['saves', '#0072b2'],
    ['gradients', '#e69f00'],
    ['exact', '#6b6b6b'],
    ['plus', '#009e73'],
  ])('gives %s the colour it has everywhere', (name, color) => {
    const [line, area, own] = themed({
      data: [{ name }, { name, stackgroup: 'a', line: { width: 0 } }, { name, line: { color: 'red' }, marker: { color: 'red' } }],
      layout: {},
    }).figure.data;
    expect(line).toEqual({ name, line: { color }, marker: { color } });
    expect(area).toEqual({ name, stackgroup: 'a', fillcolor: color, line: { color, width: 0 }, marker: { color } });
    expect(own).toEqual({ name, line: { color: 'red' }, marker: { color: 'red' } });
  });

  it('leaves room for a legend where there is one', () => {
    const top = (...data: object[]) => (themed({ data, layout: {} }).figure.layout as { margin: { t: number } }).margin.t;
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    expect(top(a, b)).toBeGreaterThan(top(a));
    expect(top(a, { ...b, showlegend: false })).toBe(top(a));
    expect(top(a, { ...b, type: 'heatmap' })).toBe(top(a));
  });
});

describe('the title of a figure', () => {
  it.each([
    [{ title: { text: 'A <b>b</b>' } }, 'A  b'],
    [{ title: 'A' }, 'A'],
    [{}, 'figure'],
  ])('%o', (layout, title) => {
    expect(titleOf({ data: [], layout })).toBe(title);
  });
});
