import { MesaError } from '../errors';
import type { Watcher } from '../train/watcher';
import { type ChromeTrace, chromeTrace } from './chrome-trace';
import type { Figure } from './figure';
import { ACTIVATIONS, areas, CATEGORIES, type LedgerRecord, type Owner, ownersAt, peakOf, record, total } from './ledger-record';
import { compared, stacked } from './memory-timeline-figure';
import { type Table, tableOf } from './table';

export interface MemoryTimelineOptions {
  readonly every?: number;
  /** What figures call it: the policy's name if absent. */
  readonly name?: string;
}

export interface MemoryTimeline extends Watcher {
  /** What the figures call it. */
  readonly name: string;
  /** The last step that was watched. */
  readonly record: LedgerRecord;
  /** A line for each phase of that step: the most that was live in it, by category. */
  table(): Table;
  /** Who held most at the peak. */
  owners(count?: number): Owner[];
  /** Live bytes by category over the step; or activations (saves, gradients, transients) beside those of other timelines. */
  figure(options?: { readonly against?: MemoryTimeline | readonly MemoryTimeline[]; readonly rss?: boolean }): Figure;
  /** The step as a trace for https://ui.perfetto.dev and chrome://tracing: write it with JSON.stringify. */
  chromeTrace(): ChromeTrace;
}

/**
 * Every byte of a step, by what it is held for.
 *
 * @example
 * const memory = trainer.watch(memoryTimeline());
 * await trainer.step();
 * memory.owners(5);
 */
export function memoryTimeline({ every = 1, name }: MemoryTimelineOptions = {}): MemoryTimeline {
  let recording: ReturnType<typeof record> | null = null;
  let last: LedgerRecord | null = null;
  let policy = '';
  const seen = (): LedgerRecord => {
    if (last) return last;
    throw new MesaError('nothing-watched', { at: 'memoryTimeline', says: 'no step was watched yet', try: 'await trainer.step()' });
  };

  return {
    every,
    get name() {
      return name ?? policy;
    },
    get record() {
      return seen();
    },

    begin({ engine, step, plan }) {
      policy = plan.policy.name;
      recording = record(engine.ledger, step);
    },

    phase(phase) {
      recording?.mark(phase);
    },

    end(_step, report) {
      const record = recording?.stop() ?? null;
      recording = null;
      if (report) last = record;
    },

    table: () => tableOf(['phase', 'ms', 'peakBytes', 'activationBytes', ...CATEGORIES, 'rssBytes'], phases(seen())),
    owners: (count = 10) => ownersAt(seen(), peakOf(areas(seen()))).slice(0, count),
    figure({ against = [], rss = true } = {}) {
      const others = [against].flat() as MemoryTimeline[];
      if (others.length === 0) return stacked(seen(), { name: this.name, rss });
      return compared([this, ...others].map((t) => ({ name: t.name, record: t.record })));
    },
    chromeTrace: () => chromeTrace(seen()),
  };
}

function phases(r: LedgerRecord): { readonly [column: string]: number | string }[] {
  const all = areas(r);
  return r.marks.map(({ name, entry, ms, rssBytes }, i) => {
    const during = all.slice(entry, (r.marks[i + 1]?.entry ?? r.entries.length) + 1);
    const peak = during[peakOf(during)] as (typeof all)[0];
    return { phase: name, ms, peakBytes: total(peak), activationBytes: total(peak, ACTIVATIONS), ...peak, rssBytes };
  });
}
