import type { Tensor } from '@tensorflow/tfjs-core';
import type { Layout } from '../quant/packing';
import { policies } from '../tape/policies';
import type { Watcher } from '../train/watcher';
import type { Figure } from './figure';
import { lines } from './lines';
import { Gathering } from './pending';
import { type Sums, sumsOf } from './sums';
import { type Table, tableOf } from './table';

export interface GradientFidelityOptions {
  /** Each look is a forward and backward more, under the policy `exact`. */
  readonly every?: number;
}

/** How near a gradient is to the exact one; `parameter` is `all` for all of them as one vector. */
export interface FidelityRow {
  readonly step: number;
  readonly parameter: string;
  readonly cosine: number;
  /** |g - exact| / |exact|. */
  readonly relative: number;
  readonly [column: string]: number | string;
}

export interface GradientFidelity extends Watcher {
  readonly rows: readonly FidelityRow[];
  table(): Table;
  figure(options?: { readonly of?: 'cosine' | 'relative' }): Figure;
}

/**
 * Cosine and relative error of the step's gradient against the exact one of the same batch.
 *
 * @example
 * const fidelity = trainer.watch(gradientFidelity({ every: 100 }));
 */
export function gradientFidelity({ every = 100 }: GradientFidelityOptions = {}): GradientFidelity {
  const rows: FidelityRow[] = [];
  const errors = new Gathering<Sums[]>(); // of the exact gradient, and of its difference to the step's
  const squares = new Gathering<Sums[]>(); // of the step's gradient

  return {
    every,
    rows,

    gradients(gradients, step) {
      const exact = step.gradientsUnder(policies.exact());
      try {
        for (const [name, g] of gradients) {
          const reference = exact.get(name) as Tensor;
          errors.add(name, sumsOf(step.engine, reference, flat(g), g));
          squares.add(name, sumsOf(step.engine, g, flat(g)));
        }
      } finally {
        for (const t of exact.values()) t.dispose();
      }
    },

    end({ step }, report) {
      try {
        if (!report) return;
        const first = (a: Sums[]): Sums[] => a;
        const own = squares.take(first);
        const all = { errors: 0, exact: 0, own: 0 };
        const now = [...errors.take(first)].map(([parameter, sums]) => {
          const parts = { errors: sums[0]?.errors ?? 0, exact: sums[0]?.squares ?? 0, own: own.get(parameter)?.[0]?.squares ?? 0 };
          all.errors += parts.errors;
          all.exact += parts.exact;
          all.own += parts.own;
          return { step, parameter, ...compared(parts) };
        });
        rows.push({ step, parameter: 'all', ...compared(all) }, ...now);
      } finally {
        errors.drop();
        squares.drop();
      }
    },

    table: () => tableOf(['step', 'parameter', 'cosine', 'relative'], rows),
    figure: ({ of = 'relative' } = {}) =>
      lines(
        rows.map((r) => ({ series: r.parameter, x: r.step, y: r[of] as number })),
        { title: TITLES[of], y: TITLES[of], log: of === 'relative' },
      ),
  };
}

const TITLES = { cosine: 'cosine to the exact gradient', relative: 'relative error of the gradient' } as const;

/** The product of two vectors from the squares of both and of their difference. */
function compared({
  errors,
  exact,
  own,
}: {
  readonly errors: number;
  readonly exact: number;
  readonly own: number;
}): Pick<FidelityRow, 'cosine' | 'relative'> {
  if (errors === 0) return { cosine: 1, relative: 0 };
  return { cosine: (exact + own - errors) / (2 * Math.sqrt(exact * own)), relative: Math.sqrt(errors / exact) };
}

function flat(t: Tensor): Layout {
  const columns = t.shape.at(-1) ?? 1;
  return { rows: t.size / Math.max(1, columns), columns, rowsPerSample: 1, heads: 1, headAxis: 'columns', rowsPerHead: 1 };
}
