import type { Tensor } from '@tensorflow/tfjs-core';
import { weightGradientScratch } from '../engine/scratch';
import type { Context, Values } from '../tape/op';
import { slots } from './slots';

type Destination = ReturnType<Context['into']>;

/** Queues dw [n, k] = dy^T in and db [n] = column sums of dy, whichever are wanted; `in` [m, k] is only needed for dw. */
export function weightGradient(c: Context, x: Values, dy: Tensor, k: number, dw: Destination, db: Destination): void {
  const [m, n] = dy.shape as [number, number];
  const together = dw && db && dw.add === db.add;
  if (dw) {
    const args = [slots(x, 'in').in, k, dy, n, m, k, n, dw.tensor, together ? db.tensor : null, dw.add];
    c.queue('linear_weight_gradient', args, weightGradientScratch);
  }
  if (db && !together) c.queue('column_sums', [dy, m, n, db.tensor, db.add]);
}
