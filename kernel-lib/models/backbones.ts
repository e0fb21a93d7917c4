import { MesaError } from '../errors';
import { takeRows } from '../ops';
import type { GraphBuilder, Value } from '../tape/graph';
import { type ImageSize, sides } from './images';
import { norm, only } from './layers';
import { type FeatureMap, resizeMap } from './maps';
import { PVT, type PvtOptions, pvtStages } from './pvt';
import { SWIN, SWIN_EPS, type SwinOptions, swinStages } from './swin';
import { DEIT, type VitOptions, vitStream } from './vit';

/** A published size by its name, or sizes of your own. */
export type Backbone =
  | keyof typeof DEIT
  | keyof typeof PVT
  | keyof typeof SWIN
  | { readonly vit: VitOptions }
  | { readonly pvt: PvtOptions }
  | { readonly swin: SwinOptions };

/** What a backbone is told by the model around it. */
export interface BackboneOptions {
  readonly imageSize: ImageSize;
  readonly channels: number;
  readonly dropPath: number;
}

/** A map of a backbone as others read it, finished in the segment that calls this. */
export type Level = () => FeatureMap;

const PREFIX = 'backbone.';

/** Four maps of a backbone, each half as high and wide as the one before; its names get `backbone.` before them. */
export function backboneLevels(g: GraphBuilder, backbone: Backbone, shared: BackboneOptions, images: Value): Level[] {
  const sizes = typeof backbone === 'string' ? published(backbone) : backbone;
  if ('swin' in sizes) return swinLevels(g, { ...sizes.swin, ...shared }, images);
  if ('pvt' in sizes) return pvtStages(g, { ...sizes.pvt, ...shared }, images, { prefix: PREFIX }).map((map) => () => map);
  return vitLevels(g, { patchSize: 16, depth: 12, ...sizes.vit, ...shared }, images);
}

function published(name: string): Exclude<Backbone, string> {
  if (Object.hasOwn(SWIN, name)) return { swin: SWIN[name as keyof typeof SWIN] };
  if (Object.hasOwn(PVT, name)) return { pvt: PVT[name as keyof typeof PVT] };
  if (Object.hasOwn(DEIT, name)) return { vit: DEIT[name as keyof typeof DEIT] };
  const known = [DEIT, PVT, SWIN].flatMap((sizes) => Object.keys(sizes));
  throw new MesaError('unknown-backbone', { says: `no backbone is called '${name}'`, try: known.join(' | ') });
}

/** Each stage with a LayerNorm of its own in place of the last one. */
function swinLevels(g: GraphBuilder, options: SwinOptions, images: Value): Level[] {
  return swinStages(g, options, images, PREFIX).map((map, i) => () => {
    return { ...map, tokens: norm(g, `${PREFIX}norm${i}`, map.tokens, options.eps ?? SWIN_EPS) };
  });
}

/**
 * The tokens after each quarter of the blocks, without the class token and the last LayerNorm, resized by 4, 2, 1 and 1/2: with patches
 * of 16 pixels they have the sizes of a pyramid's maps. No parameters are added, so published weights fit. (Not in the paper.)
 */
function vitLevels(g: GraphBuilder, options: VitOptions & { readonly patchSize: number; readonly depth: number }, images: Value): Level[] {
  const stream = vitStream(g, options, images, PREFIX);
  const [height, width] = sides(options.imageSize as ImageSize).map((side) => side / options.patchSize) as [number, number];
  return [4, 2, 1, 0.5].map((scale, i) => {
    const x = stream[Math.round((options.depth * (i + 1)) / 4)] as Value; // [b*(1+n), c]
    const name = `${PREFIX}levels.${i}`;
    const size = { height: Math.floor(height * scale), width: Math.floor(width * scale) };
    const map = g.segment(name, { block: true }, () => {
      const tokens = only(g.apply(takeRows, `${name}.patches`, { in: x }, {}, { first: 1, count: height * width, rows: x.spec.rows }));
      return resizeMap(g, name, { tokens, height, width }, size, 'bilinear');
    });
    return () => map;
  });
}
