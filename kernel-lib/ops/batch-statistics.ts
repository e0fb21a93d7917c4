import * as tf from '@tensorflow/tfjs-core';
import type { Context, PlainContext, Values } from '../tape/op';
import { slots } from './slots';

// What batchNorm normalises with: in plain tfjs calls, and as commands.

export interface BatchNormAttrs {
  readonly eps: number;
  /** How far the running statistics move towards those of a batch. */
  readonly momentum: number;
}

/** Mean and sum of squared deviations of each sample, [b, 2, c]; zeros in evaluation, which has no use for them. */
export function momentsOf(x: tf.Tensor, { samples, training }: PlainContext): tf.Tensor {
  const d = x.shape[1] as number;
  if (!training) return tf.zeros([samples, 2, d]);
  const perSample = tf.reshape(x, [samples, -1, d]); // [b, n, c]
  const mean = tf.mean(perSample, 1, true); // [b, 1, c]
  const squares = tf.sum(tf.square(tf.sub(perSample, mean)), 1, true); // [b, 1, c]
  return tf.concat([mean, squares], 1);
}

interface Statistics {
  readonly mean: tf.Tensor; // [c]
  readonly variance: tf.Tensor; // [c]
  /** Square root of variance + eps, [c]. */
  readonly deviation: tf.Tensor;
}

/** What x is normalised with: the moments of the samples combined (Chan, Golub, LeVeque 1979), or the running statistics. */
export function statistics(values: Values, rows: number, { eps }: BatchNormAttrs, { samples, training }: PlainContext): Statistics {
  const { mean, variance } = training ? combined(values, rows, samples) : running(values);
  return { mean, variance, deviation: tf.sqrt(tf.add(variance, eps)) };
}

function running(values: Values): Omit<Statistics, 'deviation'> {
  const { running_mean: mean, running_var: variance } = slots(values, 'running_mean', 'running_var');
  return { mean, variance };
}

function combined(values: Values, rows: number, samples: number): Omit<Statistics, 'deviation'> {
  const [means, squares] = tf.unstack(slots(values, 'moments').moments, 1) as [tf.Tensor, tf.Tensor]; // [b, c] each
  const mean = tf.mean(means, 0);
  const between = tf.mul(tf.square(tf.sub(means, mean)), rows / samples); // [b, c]
  return { mean, variance: tf.div(tf.sum(tf.add(squares, between), 0), rows) };
}

/** The running statistics after this batch: the mean, and the unbiased variance, as torch's. */
export function nextStatistics(values: Values, rows: number, attrs: BatchNormAttrs, c: PlainContext): Values {
  const { mean, variance } = statistics(values, rows, attrs, c);
  const before = running(values);
  const towards = (from: tf.Tensor, to: tf.Tensor): tf.Tensor => tf.add(tf.mul(from, 1 - attrs.momentum), tf.mul(to, attrs.momentum));
  const unbiased = tf.mul(variance, rows / Math.max(1, rows - 1));
  return { running_mean: towards(before.mean, mean), running_var: towards(before.variance, unbiased) };
}

/** Queues the moments of each sample: of blocks of 64 rows, then these combined. */
export function queueMoments(c: Context, x: tf.Tensor): tf.Tensor {
  const [m, d] = x.shape as [number, number];
  const moments = c.out('moments');
  if (!c.training) {
    c.queue('fill', [moments, moments.size, 0]);
    return moments;
  }
  const rows = m / c.samples;
  const blocks = c.scratch([c.samples * Math.ceil(rows / 64), 2, d]);
  c.queue('block_moments', [x, blocks, c.samples, rows, d]);
  c.queue('sample_moments', [blocks, moments, c.samples, rows, d]);
  return moments;
}

/** Queues what x is normalised with, [3, c]: mean, 1 / deviation, deviation; with `moving`, the next running statistics, too. */
export function queueStatistics(c: Context, values: Values, { eps, momentum }: BatchNormAttrs, moving = false): tf.Tensor {
  const { running_mean: mean, running_var: variance } = slots(values, 'running_mean', 'running_var');
  const wide = values.x ?? slots(values, 'xhat').xhat;
  const [m, d] = wide.shape as [number, number];
  const table = c.scratch([3, d]);
  const moments = c.training ? slots(values, 'moments').moments : null;
  const next = (slot: string) => (moving && c.training ? c.next(slot) : null);
  const moved = [next('running_mean'), next('running_var')];
  c.queue('batch_statistics', [moments, mean, variance, table, ...moved, c.samples, m / c.samples, d, eps, momentum]);
  return table;
}
