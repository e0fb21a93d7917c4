import { matches } from '../tape/glob';
import type { Distribution } from './activation-histogram';
import type { Figure } from './figure';
import { type Histogram, widened } from './histogram';

const MOST_PANELS = 12;
const MOST_COLUMNS = 4;
/** Labels of a logarithmic scale in per cent. */
const POWERS = { tickvals: [-4, -3, -2, -1, 0, 1, 2], ticktext: ['0.0001', '0.001', '0.01', '0.1', '1', '10', '100'] } as const;

/** A panel for each value and head: bins from bottom to top, steps from left to right, or one curve where there is one step. */
export function distributions(all: readonly Distribution[], at = '**'): Figure {
  const series = new Map<string, Distribution[]>();
  for (const d of all.filter(({ value }) => matches(at, value))) {
    const key = d.head === null ? d.value : `${d.value}, head ${d.head}`;
    series.set(key, [...(series.get(key) ?? []), d]);
  }
  const shown = [...series].slice(0, MOST_PANELS);
  const hidden = series.size - shown.length;
  const over = shown.some(([, ds]) => ds.length > 1);
  const heads = Math.max(0, ...shown.map(([, ds]) => (ds[0]?.head ?? -1) + 1));
  const columns = heads > 1 && heads <= MOST_COLUMNS ? heads : Math.min(3, Math.max(1, shown.length));
  const rows = Math.max(1, Math.ceil(shown.length / columns));
  const axes = shown.map((_, i) => axesOf(i, over, i >= shown.length - columns, i % columns === 0));
  return {
    data: shown.map(([name, ds], i) => ({
      ...(over ? heatmap(alike(ds)) : curve(ds[0] as Distribution)),
      name,
      showlegend: false,
      ...anchors(i),
    })),
    layout: {
      title: { text: `Distribution of values${over ? ' over steps' : ''}${hidden > 0 ? ` (${shown.length} of ${series.size})` : ''}` },
      grid: { rows, columns, pattern: 'independent', xgap: 0.2, ygap: 0.35 },
      annotations: shown.map(([name], i) => ({ text: name, showarrow: false, x: 0.5, y: 1, yanchor: 'bottom', ...domains(i) })),
      ...Object.assign({}, ...axes),
      ...(over && { coloraxis: { colorbar: { title: { text: 'share of the values, %' }, ...POWERS } } }),
      height: 120 + 190 * rows,
    },
  };
}

const number = (i: number): string => (i === 0 ? '' : `${i + 1}`);
const anchors = (i: number): object => ({ xaxis: `x${number(i)}`, yaxis: `y${number(i)}` });
const domains = (i: number): object => ({ xref: `x${number(i)} domain`, yref: `y${number(i)} domain` });

function axesOf(i: number, over: boolean, lowest: boolean, leftmost: boolean): object {
  const [x, y] = over ? ['step', 'value'] : ['value', 'share, %'];
  return {
    [`xaxis${number(i)}`]: lowest ? { title: { text: x } } : {},
    [`yaxis${number(i)}`]: leftmost ? { title: { text: y } } : {},
  };
}

function centres({ limit, counts }: Distribution): number[] {
  return counts.map((_, i) => (2 * limit * (i + 0.5)) / counts.length - limit);
}

const shares = ({ counts, sums }: Distribution): number[] => counts.map((n) => (100 * n) / sums.count);

/** Shares on a logarithmic scale: tails are what quantization has to cover. */
function heatmap(ds: readonly Distribution[]): object {
  const columns = ds.map(shares);
  const z = (columns[0] ?? []).map((_, bin) => columns.map((c) => ((c[bin] as number) > 0 ? Math.log10(c[bin] as number) : null)));
  return {
    type: 'heatmap',
    x: ds.map((d) => d.step),
    y: centres(ds[0] as Distribution),
    z,
    coloraxis: 'coloraxis',
    hovertemplate: 'step %{x}, %{y:.3g}: 10^%{z:.2f} %<extra></extra>',
  };
}

function curve(d: Distribution): object {
  return {
    type: 'scatter',
    mode: 'lines',
    line: { shape: 'hvh' },
    fill: 'tozeroy',
    x: centres(d),
    y: shares(d),
    hovertemplate: '%{x:.3g}: %{y:.2f} %',
  };
}

/** Histograms of a series brought to the same bins. */
function alike(series: readonly Distribution[]): Distribution[] {
  const limit = Math.max(...series.map((d) => d.limit));
  return series.map((d) => {
    let h: Histogram = d;
    while (h.limit < limit) h = widened(h);
    return { ...d, ...h };
  });
}
