import type { Tensor } from '@tensorflow/tfjs-core';
import { attentionCuts, attentionGradientScratch, attentionScratch } from '../engine/scratch';
import type { Context, Values } from '../tape/op';
import { INPUTS } from './attend';
import { slots } from './slots';

// The commands that `attention` and `windowAttention` share: samples, or windows as samples.

export interface Attending {
  readonly samples: number;
  readonly heads: number;
  /** Factor of the scores. */
  readonly scale: number;
  readonly bias?: Bias;
}

/** What is added to the scaled scores, and the grid of windows that says which of its classes a window takes. */
export interface Bias {
  /** [classes, heads, n, n] */
  readonly tensor: Tensor;
  readonly down: number;
  /** 0: there is one class. */
  readonly across: number;
}

/** Sums over `block` samples of the gradients of scores, [blocks, heads, n, keys]. */
export interface Pairs {
  readonly tensor: Tensor;
  readonly block: number;
}

export function queueAttention(c: Context, x: Values, a: Attending): void {
  const { q, k, v } = slots(x, ...INPUTS);
  const probs = c.wants('probs') ? c.out('probs') : null;
  const [tokens, keys, depth] = [rowsOf(q, a), rowsOf(k, a), depthOf(q, a)];
  c.queue('attention', [q, k, v, c.out('o'), probs, ...shared(a, tokens, keys, depth)], attentionScratch(tokens, keys, depth));
}

export function queueAttentionGradient(c: Context, x: Values, dys: Values, a: Attending, pairs: Pairs | null = null): void {
  const { o: dy } = slots(dys, 'o'); // [b*n, c]
  const [, columns] = dy.shape as [number, number];
  const { probs = null } = x;
  const [tokens, keys, depth] = [rowsOf(dy, a), probs ? (probs.shape[3] as number) : rowsOf(slots(x, 'k').k, a), depthOf(dy, a)];
  // The kernel always writes all three gradients. What only an unwanted one reads may be missing: any numbers do in its place.
  const standIn = (): Tensor => (keys > tokens ? c.scratch([a.samples * keys, columns]) : dy);
  const { q = dy, k = standIn(), v = standIn() } = x;
  const cuts = attentionCuts(tokens, keys);
  const dq = destination(c, 'q', dy.shape, 1);
  const [dk, dv] = [destination(c, 'k', [a.samples * keys, columns], cuts), destination(c, 'v', [a.samples * keys, columns], cuts)];
  c.queue(
    'attention_gradient',
    [q, k, v, probs, dy, dq.tensor, dk.tensor, dv.tensor, pairs?.tensor ?? null, pairs?.block ?? 1, ...shared(a, tokens, keys, depth)],
    attentionGradientScratch(tokens, keys, depth),
  );
  for (const { tensor, parts, sum } of [dq, dk, dv]) {
    if (sum) c.queue('sum_partials', [tensor, parts, sum.tensor.size, 0, sum.tensor.size, sum.tensor, sum.add]);
  }
}

const rowsOf = (t: Tensor, { samples }: Attending): number => (t.shape[0] as number) / samples;
const depthOf = (t: Tensor, { heads }: Attending): number => (t.shape[1] as number) / heads;

/** The arguments that both commands end with. */
function shared({ samples, heads, scale, bias }: Attending, tokens: number, keys: number, depth: number): (number | Tensor | null)[] {
  return [samples, heads, tokens, keys, depth, scale, bias?.tensor ?? null, bias?.down ?? 0, bias?.across ?? 0];
}

interface Destination {
  readonly tensor: Tensor;
  readonly parts: number;
  readonly sum?: { readonly tensor: Tensor; readonly add: 0 | 1 };
}

/** Where the kernel, which overwrites, puts the parts of a gradient; `sum` is where they are then summed. */
function destination(c: Context, slot: string, shape: readonly number[], parts: number): Destination {
  const to = c.into(slot);
  if (to && !to.add && parts === 1) return { tensor: to.tensor, parts };
  return { tensor: c.scratch([parts, ...shape]), parts, ...(to && { sum: to }) };
}
