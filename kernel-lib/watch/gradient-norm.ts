import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { select } from '../tape/glob';
import type { Parameter } from '../train/optimizer';
import type { UpdateWatch } from '../train/update';
import type { Watcher } from '../train/watcher';
import type { Figure } from './figure';
import { lines } from './lines';
import { Squares } from './squares';
import { type Table, tableOf } from './table';

export interface GradientNormOptions {
  /** Globs on parameter names. */
  readonly at?: string | readonly string[];
  readonly every?: number;
}

/** One parameter in one step. */
export interface NormRow {
  readonly step: number;
  readonly parameter: string;
  readonly gradientNorm: number;
  readonly weightNorm: number;
  /** Norm of the update over that of the weight before it: around 1e-3 is healthy. */
  readonly updateRatio: number;
  readonly [column: string]: number | string;
}

export interface GradientNorm extends Watcher {
  readonly rows: readonly NormRow[];
  table(): Table;
  figure(options?: { readonly of?: 'gradientNorm' | 'weightNorm' | 'updateRatio' }): Figure;
}

const COLUMNS = ['step', 'parameter', 'gradientNorm', 'weightNorm', 'updateRatio'];

/**
 * Norms of the gradient and the weight of each parameter, and how far the update moves it.
 *
 * @example
 * const norms = trainer.watch(gradientNorm({ at: 'blocks.*.attn.**' }));
 * await trainer.step();
 * norms.figure({ of: 'updateRatio' });
 */
export function gradientNorm({ at = '**', every = 1 }: GradientNormOptions = {}): GradientNorm {
  const rows: NormRow[] = [];
  let watched: ReadonlySet<string> = new Set();
  let gradients: Squares | null = null;
  let updates: Updates | null = null;

  return {
    every,
    rows,

    attach({ params }) {
      watched = new Set([at].flat().flatMap((glob) => select(glob, params.keys())));
    },

    gradients(all, { engine }) {
      const mine = [...all].filter(([name]) => watched.has(name));
      gradients = new Squares(
        engine,
        mine.map(([, g]) => g.size),
      );
      for (const [name, g] of mine) gradients.add(name, g);
    },

    update(names, { engine, params }) {
      updates = new Updates(engine, new Map(names.filter((n) => watched.has(n)).map((n) => [n, (params.get(n) as Tensor).size])));
      return updates;
    },

    end({ step }, report) {
      try {
        if (!report || !gradients || !updates) return;
        const norms = updates.norms.take();
        for (const [parameter, gradientNorm] of gradients.take()) {
          const weightNorm = norms.get(`before ${parameter}`) ?? 0;
          rows.push({ step, parameter, gradientNorm, weightNorm, updateRatio: (norms.get(`moved ${parameter}`) ?? 0) / weightNorm });
        }
      } finally {
        gradients?.dispose();
        updates?.dispose();
        gradients = updates = null;
      }
    },

    table: () => tableOf(COLUMNS, rows),
    figure: ({ of = 'gradientNorm' } = {}) =>
      lines(
        rows.map((r) => ({ series: r.parameter, x: r.step, y: r[of] as number })),
        { title: TITLES[of], y: TITLES[of], log: true },
      ),
  };
}

const TITLES = {
  gradientNorm: 'norm of the gradient',
  weightNorm: 'norm of the weight',
  updateRatio: 'norm of the update / norm of the weight',
} as const;

/** Norms of weights and of how they move. All room is there before the first weight moves: one for the largest, one for the sums. */
class Updates implements UpdateWatch {
  readonly norms: Squares;
  private readonly room: Tensor | null;
  private held: Float32Array = new Float32Array(0);

  constructor(
    private readonly engine: Engine,
    private readonly sizes: ReadonlyMap<string, number>,
  ) {
    const all = [...sizes.values()];
    this.norms = new Squares(engine, [...all, ...all]);
    try {
      this.room = engine.kernels ? engine.empty([Math.max(0, ...all)], 'float32', { category: 'watch', name: 'weight before' }) : null;
    } catch (e) {
      this.norms.dispose();
      throw e;
    }
  }

  before({ name, values }: Parameter): void {
    if (!this.sizes.has(name)) return;
    const weight = values.weight as Tensor;
    this.norms.add(`before ${name}`, weight);
    if (this.room) this.engine.kernels?.queue('copy', [weight, this.room, weight.size * 4]);
    else this.held = this.engine.read(weight) as Float32Array;
  }

  after({ name, values }: Parameter): void {
    if (!this.sizes.has(name)) return;
    const weight = values.weight as Tensor;
    if (!this.room) {
      const now = this.engine.read(weight);
      this.norms.addNumbers(
        `moved ${name}`,
        now.map((w, i) => w - (this.held[i] as number)),
      );
      return;
    }
    this.engine.kernels?.queue('scale', [weight, this.room, weight.size, -1, 1]); // before - after
    const moved = this.engine.rows(this.room, 0, weight.size);
    this.norms.add(`moved ${name}`, moved);
    moved.dispose();
  }

  dispose(): void {
    this.norms.dispose();
    this.room?.dispose();
  }
}
