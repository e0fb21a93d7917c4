import { MesaError } from '../errors';
import { matches } from '../tape/glob';
import type { SavePlan } from '../tape/plan';
import type { Watcher } from '../train/watcher';
import type { Figure } from './figure';
import { type Table, tableOf } from './table';

export interface RangeTraceOptions {
  /** Globs on value names: those of them that have a running range. */
  readonly at?: string | readonly string[];
  readonly every?: number;
}

/** The running range of one group after a step. */
export interface RangeRow {
  readonly step: number;
  readonly value: string;
  readonly group: number;
  readonly minimum: number;
  readonly span: number;
  readonly [column: string]: number | string;
}

export interface RangeTrace extends Watcher {
  readonly rows: readonly RangeRow[];
  table(): Table;
  /** Minimum and maximum of each group over steps, for one value: the first that `at` matches. */
  figure(options?: { readonly at?: string }): Figure;
}

/**
 * The running minimum and span of each group (a head, under the paper's policy) over steps.
 *
 * @example
 * const ranges = trainer.watch(rangeTrace({ at: 'blocks.*.attn.q' }));
 */
export function rangeTrace(options: string | RangeTraceOptions = {}): RangeTrace {
  const { at = '**', every = 1 } = typeof options === 'string' ? { at: options } : options;
  const rows: RangeRow[] = [];
  let watched: ReadonlySet<string> = new Set();

  return {
    at,
    every,
    rows,

    attach({ plan }, names) {
      watched = names;
      if (running(plan).some((name) => names.has(name))) return;
      throw new MesaError('no-running-range', {
        at: 'rangeTrace',
        says: `policy '${plan.policy.name}' keeps none of the ${names.size} values of '${at}' with a running range`,
        try: running(plan).slice(0, 3).join(', ') || 'policies.mesa()',
      });
    },

    end({ step, engine, ranges }, report) {
      if (!report || engine.form === 'dry') return;
      for (const value of ranges.keys()) {
        const range = watched.has(value) && ranges.get(value);
        if (!range) continue;
        const numbers = engine.read(range);
        const groups = numbers.length / 2;
        for (let g = 0; g < groups; g++) {
          rows.push({ step, value, group: g, minimum: numbers[g] as number, span: numbers[groups + g] as number });
        }
      }
    },

    table: () => tableOf(['step', 'value', 'group', 'minimum', 'span'], rows),
    figure: (choice = {}) => bands(rows, rows.find((r) => matches(choice.at ?? '**', r.value))?.value ?? ''),
  };
}

function running({ segments }: SavePlan): string[] {
  const saves = segments.flatMap((s) => s.saves);
  return saves.flatMap(({ value, keep }) => (keep.form === 'packed' && keep.packing.range === 'running' ? value.name : []));
}

function bands(all: readonly RangeRow[], value: string): Figure {
  const rows = all.filter((r) => r.value === value);
  const groups = [...new Set(rows.map((r) => r.group))];
  return {
    data: groups.flatMap((group) => {
      const mine = rows.filter((r) => r.group === group);
      const edge = (name: string, y: (r: RangeRow) => number, more: object): object => ({
        type: 'scatter',
        mode: 'lines',
        name,
        legendgroup: `${group}`,
        x: mine.map((r) => r.step),
        y: mine.map(y),
        hovertemplate: '%{y:.3g}',
        ...more,
      });
      const line = { color: COLOURS[group % COLOURS.length] };
      return [
        edge(`group ${group}, maximum`, (r) => r.minimum + r.span, { line, showlegend: false }),
        edge(`group ${group}`, (r) => r.minimum, { line }),
      ];
    }),
    layout: {
      title: { text: `Running range of ${value}` },
      xaxis: { title: { text: 'step' } },
      yaxis: { title: { text: 'minimum and maximum of each group' } },
    },
  };
}

// Of Okabe and Ito; both edges of a group have the same one.
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;
