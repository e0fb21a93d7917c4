import type { Figure } from './figure';
import { ACTIVATIONS, areas, type Bytes, CATEGORIES, type LedgerRecord, ownersAt, peakOf, total } from './ledger-record';

const MIB = 2 ** 20;
const MOST_POINTS = 1200;

/**
 * Live bytes by category as stacked areas, with the phases, the peak and who holds it, and in a panel of its own
 * the resident memory of the process.
 */
export function stacked(record: LedgerRecord, { name, rss }: { readonly name: string; readonly rss: boolean }): Figure {
  const all = areas(record);
  const at = thinned(all);
  const peak = peakOf(all);
  const inUse = CATEGORIES.filter((category) => all.some((bytes) => bytes[category] > 0));
  const { marks } = record;
  const resident = {
    type: 'scatter',
    mode: 'lines',
    name: 'resident memory of the process',
    yaxis: 'y2',
    showlegend: false,
    x: marks.map((m) => m.entry),
    y: marks.map((m) => m.rssBytes / MIB),
    line: { dash: 'dot', color: '#333333' },
    hovertemplate: '%{y:.1f} MiB resident<extra></extra>',
  };
  return {
    data: [
      ...inUse.map((category) => ({
        type: 'scatter',
        mode: 'lines',
        name: category,
        stackgroup: 'bytes',
        line: { shape: 'hv', width: 0 },
        x: at,
        y: at.map((i) => (all[i] as Bytes)[category] / MIB),
        hovertemplate: '%{y:.2f} MiB',
      })),
      ...(rss ? [resident] : []),
    ],
    layout: {
      title: { text: `Memory of a step: ${name}, step ${record.step}` },
      xaxis: { title: { text: 'allocations and releases, in order' } },
      yaxis: { title: { text: 'live, MiB' }, domain: [0, rss ? 0.76 : 0.95], range: [0, (1.4 * total(all[peak] as Bytes)) / MIB] },
      ...(rss && { yaxis2: { title: { text: 'process, MiB' }, domain: [0.86, 1], rangemode: 'tozero', nticks: 3 } }),
      shapes: marks.map((m) => line(m.entry)),
      annotations: [...phaseNames(record), peakNote(record, peak, total(all[peak] as Bytes))],
      hovermode: 'x unified',
    },
  };
}

/** Activations (saves, gradients, transients) of several steps, each over the share of its entries. */
export function compared(timelines: readonly { readonly name: string; readonly record: LedgerRecord }[]): Figure {
  return {
    data: timelines.map(({ name, record }) => {
      const all = areas(record);
      const at = thinned(all, ACTIVATIONS);
      return {
        type: 'scatter',
        mode: 'lines',
        name,
        line: { shape: 'hv' },
        x: at.map((i) => (100 * i) / record.entries.length),
        y: at.map((i) => total(all[i] as Bytes, ACTIVATIONS) / MIB),
        hovertemplate: '%{y:.2f} MiB',
      };
    }),
    layout: {
      title: { text: 'Activations of a step: saves, gradients and transients' },
      xaxis: { title: { text: "share of the step's allocations and releases, %" } },
      yaxis: { title: { text: 'live, MiB' }, rangemode: 'tozero' },
      hovermode: 'x unified',
    },
  };
}

/** Indices of at most so many points: of neighbours the fullest, so that no peak is lost. */
function thinned(all: readonly Bytes[], of = CATEGORIES): number[] {
  const size = Math.ceil(all.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => i * size + peakOf(all.slice(i * size, (i + 1) * size), of));
}

function line(x: number): object {
  return { type: 'line', xref: 'x', yref: 'paper', x0: x, x1: x, y0: 0, y1: 1, layer: 'above', line: { width: 0.5, color: '#bbbbbb' } };
}

/** Names of phases that are wide enough to read: forward, backward and update as a whole. */
function phaseNames({ marks, entries }: LedgerRecord): object[] {
  const kinds = [...new Set(marks.map((m) => m.name.split(' ')[0] as string))];
  return kinds.flatMap((kind) => {
    const first = marks.findIndex((m) => m.name.split(' ')[0] === kind);
    const end = marks.slice(first).find((m) => m.name.split(' ')[0] !== kind)?.entry ?? entries.length;
    const from = marks[first]?.entry ?? 0;
    if (end - from < entries.length / 12) return [];
    return [{ text: kind, x: (from + end) / 2, y: 1, xref: 'x', yref: 'y domain', yanchor: 'bottom', showarrow: false }];
  });
}

function peakNote(record: LedgerRecord, peak: number, bytes: number): object {
  const holders = ownersAt(record, peak)
    .filter(({ category }) => ACTIVATIONS.includes(category))
    .slice(0, 3);
  const lines = holders.map(({ name, bytes: b }) => `${name} ${(b / MIB).toFixed(2)} MiB`);
  return {
    text: [`peak ${(bytes / MIB).toFixed(1)} MiB`, ...lines].join('<br>'),
    x: peak,
    y: bytes / MIB,
    xref: 'x',
    yref: 'y',
    showarrow: true,
    arrowhead: 0,
    ax: peak > record.entries.length / 2 ? -70 : 70,
    ay: -30,
    align: 'left',
  };
}
