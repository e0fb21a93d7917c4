import type { Category } from '../engine/engine';
import type { Ledger } from '../engine/ledger';

export type Bytes = Readonly<Record<Category, number>>;

/** How the bytes of an engine went while something ran. */
export interface Timeline {
  /** Live bytes by category after each ledger entry, thinned to at most `points`; each stands for the fullest of its neighbours. */
  readonly points: readonly Bytes[];
  /** The largest sum of saves, gradients and transients, before thinning. */
  readonly activationPeakBytes: number;
}

/** Categories that a step fills and empties again. */
export const ACTIVATION: readonly Category[] = ['saves', 'gradients', 'transient'];

/** Records every allocation and release of `ledger` while `run` runs. */
export async function recordTimeline<T>(
  ledger: Ledger,
  run: () => Promise<T>,
  points: number = 240,
): Promise<{ readonly result: T; readonly timeline: Timeline }> {
  const snapshots: Bytes[] = [ledger.totals()];
  const stop = ledger.listen(() => snapshots.push(ledger.totals()));
  try {
    const result = await run();
    const activationPeakBytes = snapshots.reduce((most, at) => Math.max(most, sum(at, ACTIVATION)), 0);
    return { result, timeline: { points: thin(snapshots, points), activationPeakBytes } };
  } finally {
    stop();
  }
}

export function sum(bytes: Bytes, categories: readonly Category[]): number {
  return categories.reduce((total, category) => total + bytes[category], 0);
}

function thin(snapshots: readonly Bytes[], points: number): Bytes[] {
  const size = Math.ceil(snapshots.length / points);
  return Array.from({ length: Math.ceil(snapshots.length / size) }, (_, i) => fullest(snapshots.slice(i * size, (i + 1) * size)));
}

function fullest(some: readonly Bytes[]): Bytes {
  return some.reduce((best, at) => (sum(at, ACTIVATION) > sum(best, ACTIVATION) ? at : best));
}
