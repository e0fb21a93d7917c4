import { crossEntropy, gelu, linear, normalise, residual, softCrossEntropy } from '../ops';
import type { GraphBuilder, Init, Value } from '../tape/graph';

export const ZEROS: Init = { kind: 'zeros' };
export const ONES: Init = { kind: 'ones' };

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

export interface DenseOptions {
  readonly bias?: boolean;
  /** How the columns of the output divide into heads; as those of the input if absent. */
  readonly heads?: number;
}

/** A linear layer to `width` columns; its parameters are called `layer`, its output `name`. */
export function dense(
  g: GraphBuilder,
  name: string,
  layer: string,
  x: Value,
  width: number,
  { bias = true, heads }: DenseOptions = {},
): Value {
  const shape = [width, columns(x)];
  const params = bias ? pair(g, layer, shape) : { weight: g.param(`${layer}.weight`, shape, NARROW) };
  return only(g.apply(linear, name, { in: x }, params, heads ? { heads } : {}));
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

export interface FeedForwardOptions {
  /** Columns of the hidden layer. */
  readonly hidden: number;
  /** How they divide into heads; as those of `x` if absent. */
  readonly hiddenHeads?: number;
  readonly eps: number;
  /** Of drop path. */
  readonly rate: number;
}

/** x + mlp(norm2(x)): the second half of a Transformer block called `block`. */
export function feedForward(g: GraphBuilder, block: string, x: Value, o: FeedForwardOptions): Value {
  const y = norm(g, `${block}.norm2`, x, o.eps); // [b*n, c]
  const hidden = dense(g, `${block}.mlp.hidden`, `${block}.mlp.fc1`, y, o.hidden, headed(o.hiddenHeads)); // [b*n, hidden]
  const act = activation(g, `${block}.mlp.act`, hidden); // [b*n, hidden]
  const out = dense(g, `${block}.mlp.out`, `${block}.mlp.fc2`, act, columns(x), headed(x.spec.heads?.count)); // [b*n, c]
  return add(g, `${block}.out`, x, out, o.rate); // [b*n, c]
}

const headed = (heads: number | undefined): DenseOptions => (heads ? { heads } : {});

/** Drop path rates of all blocks of a model: from 0 linearly to `last`. */
export function dropPathRates(last: number, blocks: number): number[] {
  return Array.from({ length: blocks }, (_, i) => last * (blocks > 1 ? i / (blocks - 1) : 1));
}

/** The last linear layer, called `layer`, and the loss: results `logits` and `losses`. */
export function classify(
  g: GraphBuilder,
  layer: string,
  x: Value,
  o: { readonly classes: number; readonly softTargets: boolean; readonly labelSmoothing: number },
): void {
  const logits = dense(g, 'logits', layer, x, o.classes); // [b, classes]
  g.result('logits', logits);
  g.result('losses', classLoss(g, logits, o)); // [b]
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
