import * as tf from '@tensorflow/tfjs-core';
import type { Specs, Values } from '../tape/op';
import { dim, shaped, slots } from './slots';

// The definition that `attention` and `windowAttention` share: g groups of tokens, each attending within itself.

export interface Groups {
  readonly count: number;
  readonly heads: number;
  /** Factor of the scores. */
  readonly scale: number;
  /** Added to the scaled scores: [.., heads, n, keys], repeated over the groups. */
  readonly bias?: tf.Tensor;
}

export const INPUTS = ['q', 'k', 'v'] as const;

/** softmax over the keys of scale q k^T + bias. */
export function probabilities(x: Values, g: Groups): tf.Tensor {
  const { q, k } = slots(x, 'q', 'k'); // [g*n, c], [g*keys, c]
  const scores = tf.mul(tf.matMul(split(q, g), split(k, g), false, true), g.scale); // [g, h, n, keys]
  return tf.softmax(g.bias ? biased(scores, g.bias) : scores);
}

/** o = probs v, each head for itself. */
export function attend(x: Values, g: Groups): { probs: tf.Tensor; o: tf.Tensor } {
  const probs = probabilities(x, g); // [g, h, n, keys]
  return { probs, o: join(tf.matMul(probs, split(slots(x, 'v').v, g))) }; // [g*n, c]
}

/** Gradients of the wanted inputs, and `bias`: that of each group's scores before they are scaled, [g, h, n, keys]. */
export function attendGradients(x: Values, dys: Values, g: Groups, want: ReadonlySet<string>): Record<string, tf.Tensor> {
  const perHead = (slot: 'q' | 'k' | 'v'): tf.Tensor => split(slots(x, slot)[slot], g);
  const probs = x.probs ?? probabilities(x, g); // [g, h, n, keys]
  const dy = split(slots(dys, 'o').o, g); // [g, h, n, d]
  const made: Record<string, tf.Tensor> = want.has('v') ? { v: join(tf.matMul(probs, dy, true)) } : {}; // [g*keys, c]
  if (!want.has('q') && !want.has('k') && !want.has('bias')) return made;

  const dprobs = tf.matMul(dy, perHead('v'), false, true); // [g, h, n, keys]
  const dbias = tf.mul(tf.sub(dprobs, tf.sum(tf.mul(dprobs, probs), -1, true)), probs);
  const dscores = tf.mul(dbias, g.scale);
  if (want.has('bias')) made.bias = dbias;
  if (want.has('q')) made.q = join(tf.matMul(dscores, perHead('k'))); // [g*n, c]
  if (want.has('k')) made.k = join(tf.matMul(dscores, perHead('q'), true)); // [g*keys, c]
  return made;
}

/** Of q k^T, or of probs v, in one sample: 2 n keys c. */
export function scoreFlops(specs: Specs, keys: number): number {
  const q = shaped(specs, 'q', ['channels']);
  return 2 * q.rows * keys * dim(q, 0);
}

/** [g*n, h*d] -> [g, h, n, d]. */
function split(t: tf.Tensor, { count, heads }: Groups): tf.Tensor {
  const [rows, columns] = t.shape as [number, number];
  return tf.transpose(tf.reshape(t, [count, rows / count, heads, columns / heads]), [0, 2, 1, 3]);
}

/** [g, h, n, d] -> [g*n, h*d]. */
function join(t: tf.Tensor): tf.Tensor {
  const [g, h, n, d] = t.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(t, [0, 2, 1, 3]), [g * n, h * d]);
}

/** The bias repeats over the groups: those of a sample, sample after sample. */
function biased(scores: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.add(tf.reshape(scores, [-1, ...bias.shape]), bias), scores.shape);
}
