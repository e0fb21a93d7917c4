import type { ErrorRow } from './error-row';
import type { Figure } from './figure';

const percent = (x: number): number => 100 * x;
const unique = <T>(xs: readonly T[]): T[] => [...new Set(xs)];

/** Of the last step: a map of values and heads, coloured by relative error. */
export function errorByHead(rows: readonly ErrorRow[]): Figure {
  const last = lastStep(rows);
  const values = unique(last.map((r) => r.value));
  const heads = unique(last.map((r) => r.head));
  const at = new Map(last.map((r) => [`${r.value} ${r.head}`, percent(r.relative)]));
  return {
    data: [
      {
        type: 'heatmap',
        x: heads.map((h) => `head ${h}`),
        y: values,
        z: values.map((v) => heads.map((h) => at.get(`${v} ${h}`) ?? null)),
        colorbar: { title: { text: 'relative error, %' } },
        hovertemplate: '%{y}, %{x}: %{z:.3g} %<extra></extra>',
      },
    ],
    layout: {
      title: { text: `Error of what backward reads${last[0] ? `, step ${last[0].step}` : ''}` },
      xaxis: { title: { text: 'attention head' } },
      yaxis: { title: { text: 'value' }, autorange: 'reversed', automargin: true },
      height: Math.max(320, 120 + 18 * values.length),
    },
  };
}

/** Of the last step: relative error of each value, all heads together, for each way to keep it. */
export function errorByPacking(rows: readonly ErrorRow[]): Figure {
  const last = lastStep(rows);
  const values = unique(last.map((r) => r.value));
  const way = (r: ErrorRow): string => (r.tried ? `${r.kept} (tried)` : r.kept);
  const errors = unique(last.map(way)).map((name) => ({
    name,
    y: values.map((value) => overHeads(last.filter((r) => r.value === value && way(r) === name))),
  }));
  return {
    data: errors
      .filter(({ y }) => y.some((error) => error !== null)) // what is kept in full has no place on a logarithmic axis
      .map(({ name, y }) => ({
        type: 'scatter',
        mode: 'lines+markers',
        name,
        x: values,
        y,
        line: { dash: name.endsWith('(tried)') ? 'dot' : 'solid' },
        hovertemplate: '%{x}: %{y:.3g} %',
      })),
    layout: {
      title: { text: `Error of ways to keep a value${last[0] ? `, step ${last[0].step}` : ''}` },
      xaxis: { title: { text: 'value' }, automargin: true },
      yaxis: { title: { text: 'relative error, %' }, type: 'log' },
    },
  };
}

function lastStep(rows: readonly ErrorRow[]): ErrorRow[] {
  const step = rows.at(-1)?.step;
  return rows.filter((r) => r.step === step);
}

/** Heads have the same number of elements: mean squares add up. */
function overHeads(rows: readonly ErrorRow[]): number | null {
  const errors = rows.reduce((sum, r) => sum + r.rmse ** 2, 0);
  const squares = rows.reduce((sum, r) => sum + (r.relative > 0 ? (r.rmse / r.relative) ** 2 : 0), 0);
  return errors > 0 ? percent(Math.sqrt(errors / squares)) : null;
}
