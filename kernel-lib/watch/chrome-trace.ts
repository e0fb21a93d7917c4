import { areas, type LedgerRecord } from './ledger-record';

/** A trace as https://ui.perfetto.dev and chrome://tracing read it. Times are those of JavaScript: when commands were queued, not run. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly traceEvents: readonly object[];
}

const PLACE = { pid: 1, tid: 1 } as const;

/** Phases as slices, live bytes by category and resident memory as counters. */
export function chromeTrace(record: LedgerRecord): ChromeTrace {
  const { marks, ms, step } = record;
  const micros = (t: number): number => Math.round(t * 1000);
  const end = Math.max(ms.at(-1) ?? 0, marks.at(-1)?.ms ?? 0);
  const name = { ph: 'M', name: 'process_name', ...PLACE, args: { name: `mesa-lab, step ${step}` } };
  const phases = marks.map((m, i) => ({
    ph: 'X',
    cat: 'phase',
    name: m.name,
    ts: micros(m.ms),
    dur: micros(marks[i + 1]?.ms ?? end) - micros(m.ms),
    ...PLACE,
  }));
  const counters = areas(record).map((bytes, i) => ({
    ph: 'C',
    name: 'live bytes',
    ts: micros(i === 0 ? 0 : (ms[i - 1] as number)),
    ...PLACE,
    args: bytes,
  }));
  const resident = marks.map((m) => ({ ph: 'C', name: 'resident bytes', ts: micros(m.ms), ...PLACE, args: { process: m.rssBytes } }));
  return { displayTimeUnit: 'ms', traceEvents: [name, ...phases, ...counters, ...resident] };
}
