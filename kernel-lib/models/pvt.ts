import { MesaError } from '../errors';
import { addPositions, attention, kv, positions, takeRows } from '../ops';
import { type Graph, GraphBuilder, type Value } from '../tape/graph';
import type { ClassifierOptions } from './classifier-options';
import { imageFeed, patchTokens, sides } from './images';
import { add, at, classify, columns, dense, dropPathRates, feedForward, NARROW, norm, only, pair } from './layers';
import { convolve, type FeatureMap } from './maps';

/** Sizes and training options of a Pyramid Vision Transformer, version 1. Lists have a number for each of four stages. */
export interface PvtOptions extends ClassifierOptions {
  readonly widths?: readonly number[];
  readonly depths?: readonly number[];
  readonly heads?: readonly number[];
  readonly mlpRatios?: readonly number[];
  /** How much smaller, a side, the map is that keys and values are made from. */
  readonly reductions?: readonly number[];
  /** Of the norms in blocks, and of the last one. */
  readonly eps?: number;
}

type Options = Required<PvtOptions>;

export const PVT = {
  pvtTiny: { depths: [2, 2, 2, 2] },
  pvtSmall: { depths: [3, 4, 6, 3] },
  pvtMedium: { depths: [3, 4, 18, 3] },
  pvtLarge: { depths: [3, 8, 27, 3] },
} as const;

const DEFAULTS: Options = {
  imageSize: 224,
  channels: 3,
  classes: 1000,
  widths: [64, 128, 320, 512],
  ...PVT.pvtTiny,
  heads: [1, 2, 5, 8],
  mlpRatios: [8, 8, 4, 4],
  reductions: [8, 4, 2, 1],
  dropPath: 0,
  labelSmoothing: 0,
  softTargets: false,
  eps: 1e-6,
};

/** Of the norms after convolutions, whatever that of the others. */
const CONVOLUTION_EPS = 1e-5;

/** PVT-Ti: 13 M parameters at 1000 classes. */
export const pvtTiny = (options: PvtOptions = {}): Graph => pvt({ ...PVT.pvtTiny, ...options });
/** PVT-S: 24 M parameters at 1000 classes. */
export const pvtSmall = (options: PvtOptions = {}): Graph => pvt({ ...PVT.pvtSmall, ...options });
/** PVT-M: 44 M parameters at 1000 classes. */
export const pvtMedium = (options: PvtOptions = {}): Graph => pvt({ ...PVT.pvtMedium, ...options });
/** PVT-L: 61 M parameters at 1000 classes. */
export const pvtLarge = (options: PvtOptions = {}): Graph => pvt({ ...PVT.pvtLarge, ...options });

/**
 * A Pyramid Vision Transformer as a graph: four maps of halving size, keys and values from a smaller map.
 * Parameters are called as in its repository, and values extend their names.
 *
 * @example
 * const graph = pvt({ imageSize: 64, classes: 10, widths: [16, 32, 48, 64], heads: [1, 2, 3, 4] });
 */
export function pvt(options: PvtOptions = {}): Graph {
  const o: Options = { ...DEFAULTS, ...options };
  const g = new GraphBuilder();
  const map = pvtStages(g, o, imageFeed(g, o), { classToken: true }).at(-1) as FeatureMap;
  g.segment('head', { block: false }, () => head(g, o, map));
  return g.build();
}

/** What the stages of a pyramid are given. */
interface Stage {
  readonly index: number;
  readonly width: number;
  readonly heads: number;
  readonly mlpRatio: number;
  readonly reduction: number;
  /** Of drop path, one for each block. */
  readonly rates: readonly number[];
}

/**
 * The map at the end of each stage, the last one with a class token if asked for; names get `prefix` before them. Position embeddings
 * have the sizes of the maps (the published segmentation models keep those of 224 px and resize them in every step).
 */
export function pvtStages(
  g: GraphBuilder,
  options: PvtOptions,
  images: Value,
  { classToken = false, prefix = '' }: { readonly classToken?: boolean; readonly prefix?: string } = {},
): FeatureMap[] {
  const o: Options = { ...DEFAULTS, ...options };
  const maps: FeatureMap[] = [];
  for (const stage of stagesOf(o)) {
    const number = stage.index + 1;
    const before = maps.at(-1);
    const token = classToken && number === o.depths.length ? `${prefix}cls_token` : null;
    let map = g.segment(`${prefix}patch_embed${number}`, { block: number > 1 }, () => {
      const patches = before
        ? halve(g, `${prefix}patch_embed${number}`, before, stage)
        : embed(g, o, `${prefix}patch_embed1`, images, stage);
      return { ...patches, tokens: placed(g, `${prefix}pos_embed${number}`, token, patches.tokens, stage) };
    });
    for (const [i, rate] of stage.rates.entries()) {
      const name = `${prefix}block${number}.${i}`;
      map = g.segment(name, { block: true }, () => block(g, o, name, map, stage, rate));
    }
    maps.push(map);
  }
  return maps;
}

function stagesOf(o: Options): Stage[] {
  const rates = dropPathRates(
    o.dropPath,
    o.depths.reduce((a, b) => a + b),
  );
  return o.depths.map((depth, index) => {
    const [width, heads, mlpRatio, reduction] = [o.widths, o.heads, o.mlpRatios, o.reductions].map((list) => list[index]) as number[];
    return { index, width, heads, mlpRatio, reduction, rates: rates.splice(0, depth) } as Stage;
  });
}

/** Images as patches of 4 by 4 pixels. */
function embed(g: GraphBuilder, o: Options, name: string, images: Value, { width, heads }: Stage): FeatureMap {
  checkSides(o);
  const patches = patchTokens(g, name, images, { channels: o.channels, patchSize: 4, width, heads }); // [b*h*w, c]
  const [height, across] = sides(o.imageSize);
  return { tokens: norm(g, `${name}.norm`, patches, CONVOLUTION_EPS), height: height / 4, width: across / 4 };
}

/** Patches of 4 pixels, halved three times. */
function checkSides({ imageSize }: Options): void {
  const [height, width] = sides(imageSize);
  if (height % 32 === 0 && width % 32 === 0) return;
  const fitting = [height, width].map((side) => 32 * Math.ceil(side / 32));
  throw new MesaError('image-does-not-divide', {
    says: `the last map has a 32nd of the sides of an image, which are ${height} x ${width}`,
    try: `images of ${fitting.join(' x ')}`,
  });
}

/** A map as patches of 2 by 2 of its tokens. */
function halve(g: GraphBuilder, name: string, before: FeatureMap, { width, heads }: Stage): FeatureMap {
  const map = convolve(g, `${name}.proj`, before, width, { kernel: 2, stride: 2, heads }); // [b*h/2*w/2, c]
  return { ...map, tokens: norm(g, `${name}.norm`, map.tokens, CONVOLUTION_EPS) };
}

/** Tokens with their position embedding, and a class token before them if one is named. */
function placed(g: GraphBuilder, name: string, token: string | null, x: Value, { width, heads }: Stage): Value {
  const pos = g.param(name, [1, x.spec.rows + (token ? 1 : 0), width], NARROW);
  if (!token) return only(g.apply(addPositions, name, { in: x }, { pos }, { heads })); // [b*n, c]
  const cls = g.param(token, [1, 1, width], NARROW);
  return only(g.apply(positions, name, { in: x }, { cls, pos }, { heads })); // [b*(1+n), c]
}

function block(g: GraphBuilder, o: Options, name: string, map: FeatureMap, stage: Stage, rate: number): FeatureMap {
  const x = map.tokens; // [b*n, c]
  const y = norm(g, `${name}.norm1`, x, o.eps); // [b*n, c]
  const mixed = mix(g, `${name}.attn`, { ...map, tokens: y }, stage); // [b*n, c]
  const mid = add(g, `${name}.mid`, x, mixed, rate); // [b*n, c]
  const { width, heads, mlpRatio } = stage;
  const [hidden, hiddenHeads] = [Math.round(width * mlpRatio), Math.round(heads * mlpRatio)];
  return { ...map, tokens: feedForward(g, name, mid, { hidden, hiddenHeads, eps: o.eps, rate }) };
}

/** Multi-head attention from every token to those of a smaller map. */
function mix(g: GraphBuilder, name: string, map: FeatureMap, { width: c, heads, reduction }: Stage): Value {
  const q = dense(g, `${name}.q`, `${name}.q`, map.tokens, c); // [b*n, c]
  const small = reduction > 1 ? reduced(g, name, map, reduction) : map.tokens; // [b*m, c]
  const parts = g.apply(kv, name, { in: small }, pair(g, `${name}.kv`, [2 * c, c]), { heads });
  const [k, v] = [at(parts, 'k'), at(parts, 'v')]; // [b*m, c] each
  const attended = at(g.apply(attention, name, { q, k, v }, {}, { heads, scale: (c / heads) ** -0.5 }), 'o'); // [b*n, c]
  return dense(g, `${name}.proj`, `${name}.proj`, attended, c); // [b*n, c]
}

function reduced(g: GraphBuilder, name: string, map: FeatureMap, reduction: number): Value {
  const { tokens } = convolve(g, `${name}.sr`, map, columns(map.tokens), { kernel: reduction, stride: reduction }); // [b*m, c]
  return norm(g, `${name}.norm`, tokens, CONVOLUTION_EPS); // [b*m, c]
}

/** The class token is taken before the last LayerNorm, which treats each token for itself: the logits are the same. */
function head(g: GraphBuilder, o: Options, { tokens }: FeatureMap): void {
  const token = only(g.apply(takeRows, 'class_token', { in: tokens }, {}, { first: 0, count: 1, rows: tokens.spec.rows })); // [b, c]
  classify(g, 'head', norm(g, 'norm', token, o.eps), o);
}
