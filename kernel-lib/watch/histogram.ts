import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import type { Layout } from '../quant/packing';
import { blockRows, eachPiece, type Pending, pending, pendingTensor } from './pending';

/** Where the bins of a histogram lie: `bins` equal parts of -limit .. limit. */
export interface Bins {
  readonly bins: number;
  readonly limit: number;
  /** Elements with |x| up to this count as near zero. */
  readonly near: number;
}

export interface Histogram {
  readonly limit: number;
  readonly counts: readonly number[];
  readonly under: number;
  readonly over: number;
  readonly near: number;
}

/** A histogram of x for each head. */
export function histogramOf(engine: Engine, x: Tensor, layout: Layout, at: Bins): Pending<Histogram[]> {
  const { rows, columns, heads, headAxis, rowsPerHead } = layout;
  const { bins, limit, near } = at;
  const size = bins + 3;
  if (engine.form === 'dry') return pending(parsed(new Int32Array(heads * size), heads, at));
  if (!engine.kernels) return pending(parsed(plainCounts(engine.read(x), layout, at), heads, at));
  const perBlock = blockRows(columns);
  const out = engine.empty([Math.ceil(rows / perBlock), heads, size], 'int32', { category: 'watch', name: 'histogram' });
  engine.kernels.queue('watch_histogram', [
    x,
    out,
    rows,
    columns,
    heads,
    headAxis === 'rows' ? rowsPerHead : 0,
    perBlock,
    bins,
    limit,
    near,
  ]);
  return pendingTensor(engine, out, (counts) => parsed(counts, heads, at));
}

/** Sums blocks of counts: below, the bins, above, near zero. */
function parsed(counts: ArrayLike<number>, heads: number, { bins, limit }: Bins): Histogram[] {
  const size = bins + 3;
  return Array.from({ length: heads }, (_, head) => {
    const sums = new Array<number>(size).fill(0);
    for (let at = head * size; at < counts.length; at += heads * size) {
      for (let i = 0; i < size; i++) sums[i] = (sums[i] as number) + (counts[at + i] as number);
    }
    const [under = 0, over = 0, near = 0] = [sums[0], sums[bins + 1], sums[bins + 2]];
    return { limit, counts: sums.slice(1, bins + 1), under, over, near };
  });
}

function plainCounts(x: ArrayLike<number>, layout: Layout, { bins, limit, near }: Bins): Int32Array {
  const size = bins + 3;
  const counts = new Int32Array(layout.heads * size);
  const scale = Math.fround(bins / (2 * limit));
  eachPiece(layout, (head, row, first, end) => {
    for (let i = first; i < end; i++) {
      const v = x[row * layout.columns + i] as number;
      if (Number.isNaN(v)) continue;
      const inside = 1 + Math.min(bins - 1, Math.floor(Math.fround(Math.fround(v + limit) * scale)));
      const bin = v < -limit ? 0 : v >= limit ? bins + 1 : inside;
      counts[head * size + bin] = (counts[head * size + bin] as number) + 1;
      if (Math.abs(v) <= near) counts[head * size + bins + 2] = (counts[head * size + bins + 2] as number) + 1;
    }
  });
  return counts;
}

/** Two histograms with the same bins as one. */
export function together(a: Histogram, b: Histogram): Histogram {
  return {
    limit: a.limit,
    counts: a.counts.map((n, i) => n + (b.counts[i] as number)),
    under: a.under + b.under,
    over: a.over + b.over,
    near: a.near + b.near,
  };
}

/** The same histogram over twice the limit: two bins become one, so no count moves where it was not. */
export function widened(h: Histogram): Histogram {
  const { counts } = h;
  const quarter = counts.length / 4;
  const pairs = Array.from({ length: counts.length / 2 }, (_, i) => (counts[2 * i] as number) + (counts[2 * i + 1] as number));
  const empty = new Array<number>(quarter).fill(0);
  return { ...h, limit: 2 * h.limit, counts: [...empty, ...pairs, ...empty] };
}
