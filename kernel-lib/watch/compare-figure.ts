import type { ComparedRow } from './compare';
import type { Figure } from './figure';
import { CATEGORIES } from './ledger-record';

const MIB = 2 ** 20;

/** Bytes by category at the peak of each policy's step. */
export function bars(rows: readonly ComparedRow[]): Figure {
  const inUse = CATEGORIES.filter((category) => rows.some((row) => row[category] > 0));
  return {
    data: inUse.map((category) => ({
      type: 'bar',
      name: category,
      x: rows.map((row) => row.policy),
      y: rows.map((row) => row[category] / MIB),
      hovertemplate: '%{y:.1f} MiB',
    })),
    layout: {
      title: { text: 'Memory at the peak of a training step' },
      barmode: 'stack',
      xaxis: { title: { text: 'policy' } },
      yaxis: { title: { text: 'live, MiB' } },
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
