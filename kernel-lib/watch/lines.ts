import type { Figure } from './figure';

export interface Point {
  readonly series: string;
  readonly x: number;
  readonly y: number;
}

const MOST_SERIES = 12;

/** A line for each series over steps; of too many, those that end highest. */
export function lines(
  points: readonly Point[],
  { title, y, log = false }: { readonly title: string; readonly y: string; readonly log?: boolean },
): Figure {
  const series = new Map<string, Point[]>();
  for (const p of points) {
    const known = series.get(p.series);
    if (known) known.push(p);
    else series.set(p.series, [p]);
  }
  const last = (ps: readonly Point[]): number => ps.at(-1)?.y ?? 0;
  const shown = [...series].sort(([, a], [, b]) => last(b) - last(a)).slice(0, MOST_SERIES);
  const some = shown.length < series.size ? `, the ${shown.length} largest of ${series.size}` : '';
  return {
    data: shown.map(([name, ps]) => ({
      type: 'scatter',
      mode: ps.length > 1 ? 'lines' : 'markers',
      name,
      x: ps.map((p) => p.x),
      y: ps.map((p) => p.y),
      hovertemplate: '%{y:.4g}',
    })),
    layout: {
      title: { text: `${title.charAt(0).toUpperCase()}${title.slice(1)}${some}` },
      xaxis: { title: { text: 'step' } },
      yaxis: { title: { text: y }, ...(log && { type: 'log' }) },
    },
  };
}
