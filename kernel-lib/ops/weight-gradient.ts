import type { Tensor } from '@tensorflow/tfjs-core';
import { weightGradientScratch } from '../engine/scratch';
import type { Context } from '../tape/op';
import { slots } from './slots';

type Destination = ReturnType<Context['into']>;

/** Queues dw [n, k] = dy^T x and db [n] = column sums of dy, whichever are wanted; x [m, k] is only needed for dw. */
export function weightGradient(c: Context, x: Tensor | undefined, dy: Tensor, k: number, dw: Destination, db: Destination): void {
  const [m, n] = dy.shape as [number, number];
  const together = dw && db && dw.add === db.add;
  if (dw) {
    const { in: rows } = slots({ ...(x && { in: x }) }, 'in');
    c.queue('linear_weight_gradient', [rows, k, dy, n, m, k, n, dw.tensor, together ? db.tensor : null, dw.add], weightGradientScratch);
  }
  if (db && !together) c.queue('sum_partials', [dy, m, n, 0, n, db.tensor, db.add]);
}
