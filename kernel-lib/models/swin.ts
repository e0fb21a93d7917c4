import { meanRows, mergePatches, qkv, windowAttention, windowMerge, windowPartition } from '../ops';
import { type Graph, GraphBuilder, type Value } from '../tape/graph';
import type { ClassifierOptions } from './classifier-options';
import { imageFeed, patchTokens, sides } from './images';
import { add, at, classify, columns, dense, dropPathRates, feedForward, NARROW, norm, only, pair } from './layers';
import type { FeatureMap } from './maps';

/** Sizes and training options of a Swin Transformer. */
export interface SwinOptions extends ClassifierOptions {
  readonly patchSize?: number;
  /** Width of the first stage; each further one doubles it. */
  readonly width?: number;
  /** Blocks of each stage. */
  readonly depths?: readonly number[];
  /** Attention heads of each stage. */
  readonly heads?: readonly number[];
  /** Side of a window in tokens; of a smaller map, that of the map. */
  readonly window?: number;
  readonly mlpRatio?: number;
  readonly eps?: number;
}

type Options = Required<SwinOptions>;

export const SWIN = {
  swinTiny: { width: 96, depths: [2, 2, 6, 2], heads: [3, 6, 12, 24] },
  swinSmall: { width: 96, depths: [2, 2, 18, 2], heads: [3, 6, 12, 24] },
  swinBase: { width: 128, depths: [2, 2, 18, 2], heads: [4, 8, 16, 32] },
} as const;

/** Of every LayerNorm. */
export const SWIN_EPS = 1e-5;

const DEFAULTS: Options = {
  imageSize: 224,
  patchSize: 4,
  channels: 3,
  classes: 1000,
  ...SWIN.swinTiny,
  window: 7,
  mlpRatio: 4,
  dropPath: 0,
  labelSmoothing: 0,
  softTargets: false,
  eps: SWIN_EPS,
};

/** Swin-T: 28 M parameters at 1000 classes. */
export const swinTiny = (options: SwinOptions = {}): Graph => swin({ ...SWIN.swinTiny, ...options });
/** Swin-S: 50 M parameters at 1000 classes. */
export const swinSmall = (options: SwinOptions = {}): Graph => swin({ ...SWIN.swinSmall, ...options });
/** Swin-B: 88 M parameters at 1000 classes. */
export const swinBase = (options: SwinOptions = {}): Graph => swin({ ...SWIN.swinBase, ...options });

/**
 * A Swin Transformer as a graph: attention in windows that every second block shifts, four maps of halving size.
 * Parameters are called as in timm, and values extend their names.
 *
 * @example
 * const graph = swin({ imageSize: 32, patchSize: 2, classes: 100, width: 48, depths: [2, 2, 2], heads: [3, 6, 12], window: 4 });
 */
export function swin(options: SwinOptions = {}): Graph {
  const o: Options = { ...DEFAULTS, ...options };
  const g = new GraphBuilder();
  const map = swinStages(g, o, imageFeed(g, o)).at(-1) as FeatureMap;
  g.segment('head', { block: false }, () => head(g, o, map));
  return g.build();
}

/** The map at the end of each stage; names get `prefix` before them. */
export function swinStages(g: GraphBuilder, options: SwinOptions, images: Value, prefix = ''): FeatureMap[] {
  const o: Options = { ...DEFAULTS, ...options };
  const rates = dropPathRates(
    o.dropPath,
    o.depths.reduce((a, b) => a + b),
  );
  let map = g.segment(`${prefix}patch_embed`, { block: false }, () => embed(g, o, `${prefix}patch_embed`, images));
  return o.depths.map((depth, s) => {
    const stage = `${prefix}layers.${s}`;
    if (s > 0) map = g.segment(`${stage}.downsample`, { block: true }, () => downsample(g, o, `${stage}.downsample`, map));
    for (let i = 0; i < depth; i++) {
      const name = `${stage}.blocks.${i}`;
      const rate = rates.shift() as number;
      map = g.segment(name, { block: true }, () => block(g, o, name, map, { heads: o.heads[s] as number, shifted: i % 2 === 1, rate }));
    }
    return map;
  });
}

function embed(g: GraphBuilder, o: Options, name: string, images: Value): FeatureMap {
  const [height, width] = sides(o.imageSize).map((side) => side / o.patchSize) as [number, number];
  const patches = patchTokens(g, name, images, { ...o, heads: o.heads[0] as number }); // [b*h*w, c]
  return { tokens: norm(g, `${name}.norm`, patches, o.eps), height, width };
}

/** Half the height and width, twice the channels. */
function downsample(g: GraphBuilder, o: Options, name: string, { tokens, height, width }: FeatureMap): FeatureMap {
  const merged = only(g.apply(mergePatches, name, { in: tokens }, {}, { height, width })); // [b*h/2*w/2, 4c]
  const y = norm(g, `${name}.norm`, merged, o.eps); // [b*h/2*w/2, 4c]
  const heads = 2 * (tokens.spec.heads?.count ?? 1); // as wide as before
  const out = dense(g, `${name}.out`, `${name}.reduction`, y, 2 * columns(tokens), { bias: false, heads }); // [b*h/2*w/2, 2c]
  return { tokens: out, height: Math.ceil(height / 2), width: Math.ceil(width / 2) };
}

interface BlockOptions {
  readonly heads: number;
  readonly shifted: boolean;
  readonly rate: number;
}

function block(g: GraphBuilder, o: Options, name: string, map: FeatureMap, { heads, shifted, rate }: BlockOptions): FeatureMap {
  const x = map.tokens; // [b*h*w, c]
  const y = norm(g, `${name}.norm1`, x, o.eps); // [b*h*w, c]
  const mixed = mix(g, o, `${name}.attn`, { ...map, tokens: y }, heads, shifted); // [b*h*w, c]
  const mid = add(g, `${name}.mid`, x, mixed, rate); // [b*h*w, c]
  const hidden = Math.round(columns(x) * o.mlpRatio);
  const hiddenHeads = Math.round(heads * o.mlpRatio);
  return { ...map, tokens: feedForward(g, name, mid, { hidden, hiddenHeads, eps: o.eps, rate }) };
}

/** Multi-head self-attention within windows. */
function mix(g: GraphBuilder, o: Options, name: string, { tokens, height, width }: FeatureMap, heads: number, shifted: boolean): Value {
  const c = columns(tokens);
  const windows = { height, width, ...windowOf(o, height, width, shifted) };
  const x = only(g.apply(windowPartition, `${name}.windows`, { in: tokens }, {}, windows)); // [b*windows*n, c]
  const parts = g.apply(qkv, name, { in: x }, pair(g, `${name}.qkv`, [3 * c, c]), { heads });
  const [q, k, v] = [at(parts, 'q'), at(parts, 'k'), at(parts, 'v')]; // [b*windows*n, c] each
  const table = g.param(`${name}.relative_position_bias_table`, [(2 * windows.window - 1) ** 2, heads], NARROW);
  const attrs = { ...windows, heads, scale: (c / heads) ** -0.5 };
  const attended = at(g.apply(windowAttention, name, { q, k, v }, { table }, attrs), 'o'); // [b*windows*n, c]
  const out = dense(g, `${name}.proj`, `${name}.proj`, attended, c); // [b*windows*n, c]
  return only(g.apply(windowMerge, `${name}.merged`, { in: out }, {}, windows)); // [b*h*w, c]
}

/** A map no larger than a window is one window, and does not shift. */
function windowOf({ window }: Options, height: number, width: number, shifted: boolean): { window: number; shift: number } {
  const side = Math.min(window, height, width);
  return { window: side, shift: shifted && Math.min(height, width) > window ? window >> 1 : 0 };
}

function head(g: GraphBuilder, o: Options, { tokens }: FeatureMap): void {
  const y = norm(g, 'norm', tokens, o.eps); // [b*n, c]
  classify(g, 'head.fc', only(g.apply(meanRows, 'pooled', { in: y }, {}, { rows: y.spec.rows })), o);
}
