import { crossEntropy, gelu, linear, normalise, residual, softCrossEntropy } from '../ops';
import type { GraphBuilder, Init, Value } from '../tape/graph';

const ZEROS: Init = { kind: 'zeros' };
const ONES: Init = { kind: 'ones' };

/** The usual start of weights and embeddings of Transformers. */
export const NARROW: Extract<Init, { readonly kind: 'truncatedNormal' }> = { kind: 'truncatedNormal', std: 0.02 };

/** Declares `name.weight` and `name.bias`. */
export function pair(
  g: GraphBuilder,
  name: string,
  shape: readonly number[],
  weight: Init = NARROW,
  bias: Init = ZEROS,
): { weight: string; bias: string } {
  return { weight: g.param(`${name}.weight`, shape, weight), bias: g.param(`${name}.bias`, [shape[0] as number], bias) };
}

/** A linear layer to `width` columns; its parameters are called `layer`, its output `name`. */
export function dense(g: GraphBuilder, name: string, layer: string, x: Value, width: number): Value {
  return only(g.apply(linear, name, { in: x }, pair(g, layer, [width, columns(x)])));
}

/** LayerNorm. */
export function norm(g: GraphBuilder, name: string, x: Value, eps: number): Value {
  return at(g.apply(normalise, name, { x }, pair(g, name, [columns(x)], ONES), { eps }), 'out');
}

export function activation(g: GraphBuilder, name: string, x: Value): Value {
  return only(g.apply(gelu, name, { in: x }));
}

/** x + branch, with drop path of `rate`. */
export function add(g: GraphBuilder, name: string, x: Value, branch: Value, rate: number): Value {
  return only(g.apply(residual, name, { in: x, branch }, {}, { rate }));
}

/** Cross-entropy with the feed `labels` [b], or with `targets` [b, classes]. */
export function classLoss(
  g: GraphBuilder,
  logits: Value,
  options: { readonly softTargets: boolean; readonly labelSmoothing: number },
): Value {
  if (options.softTargets) {
    const targets = g.feed('targets', { rows: 1, dims: [columns(logits)] }); // [b, classes]
    return only(g.apply(softCrossEntropy, 'losses', { logits, targets })); // [b]
  }
  const labels = g.feed('labels', { rows: 1, dims: [], dtype: 'int32' }); // [b]
  return only(g.apply(crossEntropy, 'losses', { logits, labels }, {}, { smoothing: options.labelSmoothing })); // [b]
}

/** Columns of a value [rows, columns]. */
export function columns(x: Value): number {
  return x.spec.dims[0] as number;
}

/** The output of an op that has one. */
export function only(outputs: { readonly [slot: string]: Value }): Value {
  return Object.values(outputs)[0] as Value;
}

export function at(outputs: { readonly [slot: string]: Value }, slot: string): Value {
  return outputs[slot] as Value;
}
