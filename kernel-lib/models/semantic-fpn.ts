import { batchNorm, dropChannels, pixelCrossEntropy, relu } from '../ops';
import { type Graph, GraphBuilder, type Init, type Value } from '../tape/graph';
import { type Backbone, backboneLevels, type Level } from './backbones';
import { type ImageSize, imageFeed, sides } from './images';
import { add, at, columns, ONES, only, pair, ZEROS } from './layers';
import { convolve, type FeatureMap, resizeMap } from './maps';

/** Sizes and training options of a Semantic FPN. */
export interface SemanticFpnOptions {
  readonly backbone?: Backbone;
  readonly imageSize?: ImageSize;
  readonly channels?: number;
  readonly classes?: number;
  /** Channels of the maps of the pyramid. */
  readonly neckWidth?: number;
  /** Channels of the maps that classes are told by. */
  readonly headWidth?: number;
  /** Drop path rate of the last block of the backbone. */
  readonly dropPath?: number;
  /** Probability that a channel is dropped before the last convolution. */
  readonly dropout?: number;
}

type Options = Required<SemanticFpnOptions>;

const DEFAULTS: Options = {
  backbone: 'swinTiny',
  imageSize: 512,
  channels: 3,
  classes: 150,
  neckWidth: 256,
  headWidth: 128,
  dropPath: 0,
  dropout: 0.1,
};

/**
 * Semantic FPN as a graph: a backbone's four maps, each with those of coarser maps added (neck), brought to a quarter of the image's
 * sides, summed and taken to classes (head). Layout and names are mmsegmentation's. Feeds `labels` [b, height, width], -1 for ignored
 * pixels; the result `logits` has a row for each pixel of the map.
 *
 * @example
 * const graph = semanticFpn({ backbone: 'deitTiny', imageSize: 224, classes: 11 });
 */
export function semanticFpn(options: SemanticFpnOptions = {}): Graph {
  const o: Options = { ...DEFAULTS, ...options };
  const g = new GraphBuilder();
  const maps = neck(g, o, backboneLevels(g, o.backbone, o, imageFeed(g, o)));
  const finest = maps[0] as FeatureMap;
  const heads = maps.map((map, i) => {
    const name = `decode_head.scale_heads.${i}`;
    return g.segment(name, { block: true }, () => scaleHead(g, o, name, map, i, finest)); // [b*h/4*w/4, c]
  });
  g.segment('decode_head', { block: false }, () => head(g, o, heads));
  return g.build();
}

/** Feature pyramid: maps of equal width, coarse ones added to finer ones. Each convolution is a segment, which reads the output of others. */
function neck(g: GraphBuilder, o: Options, levels: readonly Level[]): FeatureMap[] {
  const sums: FeatureMap[] = [];
  for (const [i, level] of [...levels.entries()].reverse()) {
    const name = `neck.lateral_convs.${i}`;
    sums.unshift(g.segment(name, { block: true }, () => lateral(g, o, name, level(), sums[0])));
  }
  return sums.map((map, i) => {
    const name = `neck.fpn_convs.${i}`;
    return g.segment(name, { block: true }, () => pyramidConvolution(g, `${name}.conv`, map, o, 3));
  });
}

function lateral(g: GraphBuilder, o: Options, name: string, map: FeatureMap, coarser: FeatureMap | undefined): FeatureMap {
  const own = pyramidConvolution(g, `${name}.conv`, map, o, 1); // [b*h*w, c]
  if (!coarser) return own;
  const wide = resizeMap(g, `${name}.coarser`, coarser, own, 'nearest'); // [b*h*w, c]
  return { ...own, tokens: add(g, `${name}.sum`, own.tokens, wide.tokens, 0) };
}

function pyramidConvolution(g: GraphBuilder, name: string, map: FeatureMap, { neckWidth: c }: Options, kernel: number): FeatureMap {
  const init: Init = { kind: 'uniform', bound: Math.sqrt(6 / ((columns(map.tokens) + c) * kernel ** 2)) }; // Xavier's
  return convolve(g, name, map, c, { kernel, padding: kernel >> 1, init, heads: headsOf(c) });
}

/** A map brought to the size of the finest, by a convolution and a doubling for each level between them. */
function scaleHead(g: GraphBuilder, o: Options, name: string, map: FeatureMap, level: number, finest: FeatureMap): FeatureMap {
  let x = normalisedConvolution(g, o, `${name}.0`, map);
  for (let i = 1; i <= level; i++) {
    x = resizeMap(g, `${name}.${2 * i - 1}`, x, { height: 2 * x.height, width: 2 * x.width }, 'bilinear');
    if (i < level) x = normalisedConvolution(g, o, `${name}.${2 * i}`, x);
  }
  return resizeMap(g, `${name}.fitted`, x, finest, 'bilinear'); // where an odd size was halved
}

/** 3x3 convolution, batch normalisation, ReLU. */
function normalisedConvolution(g: GraphBuilder, { headWidth: c }: Options, name: string, map: FeatureMap): FeatureMap {
  const init: Init = { kind: 'truncatedNormal', std: Math.sqrt(2 / (9 * c)) }; // Kaiming's, by outputs
  const conv = convolve(g, `${name}.conv`, map, c, { kernel: 3, padding: 1, bias: false, init, heads: headsOf(c) });
  const params = {
    ...pair(g, `${name}.bn`, [c], ONES),
    running_mean: g.buffer(`${name}.bn.running_mean`, [c], ZEROS),
    running_var: g.buffer(`${name}.bn.running_var`, [c], ONES),
  };
  const y = at(g.apply(batchNorm, `${name}.bn`, { x: conv.tokens }, params, { eps: 1e-5, momentum: 0.1 }), 'out');
  return { ...conv, tokens: at(g.apply(relu, `${name}.relu`, { in: y }), 'out') };
}

function head(g: GraphBuilder, o: Options, maps: readonly FeatureMap[]): void {
  const [{ height, width }] = maps as [FeatureMap];
  const summed = (sum: Value, { tokens }: FeatureMap, i: number): Value => add(g, `decode_head.sums.${i + 1}`, sum, tokens, 0);
  const sum = maps.slice(1).reduce(summed, (maps[0] as FeatureMap).tokens); // [b*h/4*w/4, c]
  const tokens = only(g.apply(dropChannels, 'decode_head.dropped', { in: sum }, {}, { rate: o.dropout }));
  const init: Init = { kind: 'truncatedNormal', std: 0.01 };
  const { tokens: logits } = convolve(g, 'decode_head.conv_seg', { tokens, height, width }, o.classes, { kernel: 1, init });
  const labels = g.feed('labels', { rows: 1, dims: sides(o.imageSize), dtype: 'int32' }); // [b, height, width]
  g.result('logits', logits); // [b*h/4*w/4, classes]
  g.result('losses', only(g.apply(pixelCrossEntropy, 'losses', { logits, labels }, {}, { height, width }))); // [b]
}

/** Groups of 32 channels, as wide as Swin's heads; all in one where they do not come out even. */
const headsOf = (channels: number): number => (channels % 32 ? 1 : channels / 32);
