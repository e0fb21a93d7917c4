/** What of a trace decides whether and how it stands in the legend. */
export interface LegendEntry {
  readonly type?: string;
  readonly name?: string;
  readonly showlegend?: boolean;
}

// Of our template: 11 px text, a line or box before it.
const KEY = 45;
const CHARACTER = 5.9;
const ROW = 19;
const GAP = 9;

/** Pixels that the legend of these traces needs above axes of a width; a single entry has none. */
export function legendHeight(traces: readonly LegendEntry[], width: number): number {
  const entries = traces.filter(isInLegend).map(({ name }) => KEY + CHARACTER * (name as string).length);
  if (entries.length < 2) return 0;
  const inOneRow = entries.reduce((sum, w) => sum + w) <= width;
  const columns = Math.max(1, Math.floor(width / Math.max(...entries))); // as wide as the longest: plotly lines them up
  return GAP + ROW * (inOneRow ? 1 : Math.ceil(entries.length / columns));
}

function isInLegend({ type, name, showlegend }: LegendEntry): boolean {
  return type !== 'heatmap' && name !== undefined && showlegend !== false;
}
