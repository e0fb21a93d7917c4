import { attention, lora, positions, qkv, takeRows } from '../ops';
import { type Graph, GraphBuilder, type ParamSpec, type Value } from '../tape/graph';
import { type ImageSize, imageFeed, patchTokens } from './images';
import { add, at, classify, columns, dense, dropPathRates, feedForward, NARROW, norm, only, pair } from './layers';

/** Sizes and training options of a vision Transformer. */
export interface VitOptions {
  readonly imageSize?: ImageSize;
  readonly patchSize?: number;
  readonly channels?: number;
  readonly classes?: number;
  readonly width?: number;
  readonly depth?: number;
  readonly heads?: number;
  /** Width of the hidden layer of the MLP over that of the stream. */
  readonly mlpRatio?: number;
  /** Drop path rate of the last block; it grows linearly from 0 at the first. */
  readonly dropPath?: number;
  readonly labelSmoothing?: number;
  /** Feed `targets` [b, classes] in place of `labels` [b]. */
  readonly softTargets?: boolean;
  readonly eps?: number;
  /** Standard deviation of weights and embeddings at the start. DeiT's 0.02 suits widths from 192 on; narrow layers learn sooner from a wider start. */
  readonly initStd?: number;
  /** Low-rank adapters in every block; train them alone with `model.freeze('**')`, `model.unfreeze('**.lora_*')`. */
  readonly lora?: LoraOptions;
}

export interface LoraOptions {
  readonly rank: number;
  readonly alpha: number;
  /** Which outputs of the attention layer get one; `q` and `v` unless said. */
  readonly on?: readonly ('q' | 'k' | 'v' | 'proj')[];
}

const DEFAULTS = {
  imageSize: 224,
  patchSize: 16,
  channels: 3,
  classes: 1000,
  width: 192,
  depth: 12,
  heads: 3,
  mlpRatio: 4,
  dropPath: 0,
  labelSmoothing: 0,
  softTargets: false,
  eps: 1e-6,
  initStd: NARROW.std,
} as const;

type Options = VitOptions & Required<Omit<VitOptions, 'lora'>>;

export const DEIT = {
  deitTiny: { width: 192, heads: 3 },
  deitSmall: { width: 384, heads: 6 },
  deitBase: { width: 768, heads: 12 },
} as const;

/** DeiT-Ti: 5.7 M parameters at 1000 classes. */
export const deitTiny = (options: VitOptions = {}): Graph => vit({ ...DEIT.deitTiny, ...options });
/** DeiT-S: 22 M parameters at 1000 classes. */
export const deitSmall = (options: VitOptions = {}): Graph => vit({ ...DEIT.deitSmall, ...options });
/** DeiT-B: 87 M parameters at 1000 classes. */
export const deitBase = (options: VitOptions = {}): Graph => vit({ ...DEIT.deitBase, ...options });

/**
 * A vision Transformer as a graph. Parameters are called as in timm, and values extend their names.
 *
 * @example
 * const graph = vit({ imageSize: 28, patchSize: 7, channels: 1, classes: 10, width: 64, depth: 4, heads: 4 });
 */
export function vit(options: VitOptions = {}): Graph {
  const o: Options = { ...DEFAULTS, ...options };
  const g = new GraphBuilder();
  const x = vitStream(g, o, imageFeed(g, o)).at(-1) as Value; // [b*n, c]
  g.segment('head', { block: false }, () => head(g, o, x));
  return startingFrom(o.initStd, g.build());
}

/** The tokens, class token first, before and after each block; names get `prefix` before them. */
export function vitStream(g: GraphBuilder, options: VitOptions, images: Value, prefix = ''): Value[] {
  const o: Options = { ...DEFAULTS, ...options };
  const rates = dropPathRates(o.dropPath, o.depth);
  let x = g.segment(`${prefix}embed`, { block: false }, () => embed(g, o, prefix, images)); // [b*n, c]
  const stream = [x];
  for (const [i, rate] of rates.entries()) {
    const name = `${prefix}blocks.${i}`;
    x = g.segment(name, { block: true }, () => block(g, o, name, x, rate)); // [b*n, c]
    stream.push(x);
  }
  return stream;
}

function embed(g: GraphBuilder, o: Options, prefix: string, images: Value): Value {
  const patches = patchTokens(g, `${prefix}patch_embed`, images, o); // [b*(n-1), c]
  const cls = g.param(`${prefix}cls_token`, [1, 1, o.width], NARROW);
  const pos = g.param(`${prefix}pos_embed`, [1, patches.spec.rows + 1, o.width], NARROW);
  return only(g.apply(positions, `${prefix}embed`, { in: patches }, { cls, pos }, { heads: o.heads })); // [b*n, c]
}

function block(g: GraphBuilder, o: Options, name: string, x: Value, rate: number): Value {
  const y = norm(g, `${name}.norm1`, x, o.eps); // [b*n, c]
  const mixed = mix(g, o, `${name}.attn`, y); // [b*n, c]
  const mid = add(g, `${name}.mid`, x, mixed, rate); // [b*n, c]
  return feedForward(g, name, mid, { hidden: Math.round(o.width * o.mlpRatio), eps: o.eps, rate }); // [b*n, c]
}

/** Multi-head self-attention. */
function mix(g: GraphBuilder, o: Options, name: string, x: Value): Value {
  const heads = o.heads;
  const parts = g.apply(qkv, name, { in: x }, pair(g, `${name}.qkv`, [3 * o.width, o.width]), { heads });
  const q = adapted(g, o, name, 'q', x, at(parts, 'q')); // [b*n, c]
  const k = adapted(g, o, name, 'k', x, at(parts, 'k')); // [b*n, c]
  const v = adapted(g, o, name, 'v', x, at(parts, 'v')); // [b*n, c]
  const attended = at(g.apply(attention, name, { q, k, v }, {}, { heads, scale: (o.width / heads) ** -0.5 }), 'o'); // [b*n, c]
  return adapted(g, o, name, 'proj', attended, dense(g, `${name}.proj`, `${name}.proj`, attended, o.width)); // [b*n, c]
}

/** `base`, the layer's output on `x`, with a low-rank adapter where the options ask for one. */
function adapted(g: GraphBuilder, o: Options, name: string, on: 'q' | 'k' | 'v' | 'proj', x: Value, base: Value): Value {
  if (!o.lora || !(o.lora.on ?? ['q', 'v']).includes(on)) return base;
  const { rank, alpha } = o.lora;
  const a = g.param(`${name}.${on}.lora_a`, [rank, columns(x)], { kind: 'uniform', bound: 1 / Math.sqrt(columns(x)) });
  const b = g.param(`${name}.${on}.lora_b`, [columns(base), rank], { kind: 'zeros' });
  return only(g.apply(lora, `${name}.${on}.lora`, { in: x, base }, { a, b }, { rank, alpha }));
}

/** The class token is taken before the last LayerNorm, which treats each token for itself: the logits are the same. */
function head(g: GraphBuilder, o: Options, x: Value): void {
  const token = only(g.apply(takeRows, 'class_token', { in: x }, {}, { first: 0, count: 1, rows: x.spec.rows })); // [b, c]
  classify(g, 'head', norm(g, 'norm', token, o.eps), o);
}

/** A graph is data: the same one with another start. */
function startingFrom(std: number, graph: Graph): Graph {
  if (std === NARROW.std) return graph;
  const widened = (spec: ParamSpec): ParamSpec => (spec.init.kind === 'truncatedNormal' ? { ...spec, init: { ...spec.init, std } } : spec);
  return { ...graph, params: new Map([...graph.params].map(([name, spec]) => [name, widened(spec)])) };
}
