import type { ComparedRow } from './compare';
import type { Figure } from './figure';
import { CATEGORIES } from './ledger-record';
import type { Measured } from './measure';

const MIB = 2 ** 20;

type Row = ComparedRow & Partial<Measured>;

/** Bytes by category at the peak of each policy's step; of real steps also, in panels below, their time and the error of the gradient. */
export function bars(rows: readonly Row[]): Figure {
  const isMeasured = rows.some((row) => row.ms !== undefined);
  const inUse = CATEGORIES.filter((category) => rows.some((row) => row[category] > 0));
  const memory = inUse.map((category) => ({
    type: 'bar',
    name: category,
    x: rows.map((row) => row.policy),
    y: rows.map((row) => row[category] / MIB),
    hovertemplate: '%{y:.1f} MiB',
  }));
  return {
    data: [...memory, ...(isMeasured ? [panel(rows, 'y2', (r) => r.ms, 0), panel(rows, 'y3', (r) => 100 * (r.relative ?? 0), 2)] : [])],
    layout: {
      title: { text: isMeasured ? 'A training step: memory at its peak, time, gradient' : 'Memory at the peak of a training step' },
      barmode: 'stack',
      xaxis: { title: { text: 'policy' }, ...(isMeasured && { anchor: 'y3' }) },
      yaxis: { title: { text: 'live, MiB' }, ...(isMeasured && { domain: [0.54, 1] }) },
      ...(isMeasured && {
        yaxis2: { title: { text: 'time, ms' }, domain: [0.28, 0.46], nticks: 3 },
        yaxis3: { title: { text: 'gradient<br>error, %' }, domain: [0, 0.18], nticks: 3 },
        height: 560,
      }),
      annotations: rows.map((row) => ({
        text: `${(row.peakBytes / MIB).toFixed(0)} MiB`,
        x: row.policy,
        y: row.peakBytes / MIB,
        showarrow: false,
        yanchor: 'bottom',
      })),
    },
  };
}

function panel(rows: readonly Row[], yaxis: string, of: (row: Row) => number | undefined, decimals: number): object {
  return {
    type: 'bar',
    yaxis,
    x: rows.map((row) => row.policy),
    y: rows.map(of),
    texttemplate: `%{y:.${decimals}f}`,
    textposition: 'auto',
    showlegend: false,
    marker: { color: '#8c8c8c' },
    hovertemplate: `%{y:.${decimals}f}<extra></extra>`,
  };
}
