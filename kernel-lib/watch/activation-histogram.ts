import { MesaError } from '../errors';
import { layoutOf } from '../tape/layout';
import type { Seen, Watcher } from '../train/watcher';
import { distributions } from './activation-histogram-figure';
import type { Figure } from './figure';
import { type Histogram, histogramOf, together } from './histogram';
import { Gathering } from './pending';
import { added, addedByHead, type Sums, sumsOf } from './sums';
import { type Table, tableOf } from './table';

export interface ActivationHistogramOptions {
  /** Globs on value names. */
  readonly at?: string | readonly string[];
  readonly every?: number;
  /** One histogram for each value, or for each head of it. */
  readonly by?: 'value' | 'head';
  /** A multiple of 4. */
  readonly bins?: number;
  /** Largest |x| with a bin; by default the power of two above five standard deviations, which grows with the values. */
  readonly limit?: number;
  /** Up to this, |x| counts as near zero. */
  readonly nearZero?: number;
}

/** The distribution of one value, or of one head of it, in one step. */
export interface Distribution extends Histogram {
  readonly step: number;
  readonly value: string;
  /** null: all heads. */
  readonly head: number | null;
  readonly sums: Sums;
}

export interface ActivationHistogram extends Watcher {
  readonly distributions: readonly Distribution[];
  /** A line a step, value and head: mean, std, range, shares near zero and out of the bins. */
  table(): Table;
  /** Distributions over steps, for as many values as fit; `at` picks. */
  figure(options?: { readonly at?: string }): Figure;
}

const DEFAULTS = { at: 'blocks.*.attn.*', every: 1, by: 'value', bins: 64, nearZero: 0.01 } as const;
const COLUMNS = ['step', 'value', 'head', 'count', 'mean', 'std', 'low', 'high', 'nearZero', 'under', 'over', 'limit'];

/**
 * How values are distributed, over steps: by value, or by head (heads differ: why the paper gives each a range of its own).
 *
 * @example
 * const spread = trainer.watch(activationHistogram({ at: 'blocks.0.attn.*', by: 'head', every: 10 }));
 */
export function activationHistogram(options: string | ActivationHistogramOptions = {}): ActivationHistogram {
  const given: ActivationHistogramOptions = typeof options === 'string' ? { at: options } : options;
  const { at, every, by, bins, limit, nearZero } = { ...DEFAULTS, ...given };
  if (!(Number.isInteger(bins) && bins >= 4 && bins % 4 === 0)) {
    throw new MesaError('watch-options', { at: 'bins', says: `cannot make ${bins} bins`, try: 'a multiple of 4, such as 64' });
  }
  const limits = new Map<string, number>();
  const seenSoFar: Distribution[] = [];
  const histograms = new Gathering<Histogram[]>();
  const sums = new Gathering<Sums[]>();
  const perHead = <T>(heads: T[], merge: (a: T, b: T) => T): T[] => (by === 'head' ? heads : [heads.reduce(merge)]);

  /** Known from earlier steps, else looked at now. */
  const limitOf = ({ step, name, tensor, value, samples }: Seen): number => {
    const known = limit ?? limits.get(name);
    if (known !== undefined) return known;
    const first = limitFor(sumsOf(step.engine, tensor, layoutOf(value.spec, samples)).take());
    limits.set(name, first);
    return first;
  };

  return {
    at,
    every,
    distributions: seenSoFar,

    value(seen) {
      const layout = layoutOf(seen.value.spec, seen.samples);
      const { engine } = seen.step;
      histograms.add(seen.name, histogramOf(engine, seen.tensor, layout, { bins, limit: limitOf(seen), near: nearZero }));
      sums.add(seen.name, sumsOf(engine, seen.tensor, layout));
    },

    end({ step }, report) {
      if (!report) {
        histograms.drop();
        return sums.drop();
      }
      const seen = sums.take(addedByHead);
      for (const [value, heads] of histograms.take((a, b) => a.map((h, i) => together(h, b[i] as Histogram)))) {
        const all = perHead(seen.get(value) as Sums[], added);
        perHead(heads, together).forEach((histogram, i) => {
          seenSoFar.push({ step, value, head: by === 'head' ? i : null, ...histogram, sums: all[i] as Sums });
        });
        limits.set(value, Math.max(limits.get(value) ?? 0, limitFor(all)));
      }
    },

    table: () => tableOf(COLUMNS, seenSoFar.map(rowOf)),
    figure: (choice = {}) => distributions(seenSoFar, choice.at),
  };
}

/** The power of two above five standard deviations of the widest head. */
function limitFor(heads: readonly Sums[]): number {
  const widest = Math.max(...heads.map(({ squares, count }) => Math.sqrt(squares / Math.max(1, count))));
  return widest > 0 ? 2 ** Math.ceil(Math.log2(5 * widest)) : 1;
}

function rowOf({ step, value, head, sums, near, under, over, limit }: Distribution): { readonly [column: string]: number | string | null } {
  const { count, sum, squares, low, high } = sums;
  const mean = sum / count;
  const share = (n: number): number => n / count;
  return {
    step,
    value,
    head,
    count,
    mean,
    std: Math.sqrt(Math.max(0, squares / count - mean ** 2)),
    low,
    high,
    nearZero: share(near),
    under: share(under),
    over: share(over),
    limit,
  };
}
