import { type Factory, factory } from './factory';
import * as pvts from './pvt';
import * as segmenters from './semantic-fpn';
import * as swins from './swin';
import * as vits from './vit';

export type { Factory, Pretrained } from './factory';
/** Building blocks for a model of your own. */
export * as layers from './layers';
export { createModel, type Model, type ModelOptions } from './model';
export type { LoadOptions, LoadReport, Weights } from './pretrained/fit-weights';
export { addWeights, listWeights, weightsFile } from './pretrained/weights-cache';
export type { PvtOptions } from './pvt';
export { saveWeights } from './save-weights';
export type { SemanticFpnOptions } from './semantic-fpn';
export type { SwinOptions } from './swin';
export type { LoraOptions, VitOptions } from './vit';

/**
 * A vision Transformer of any size, at its random start.
 *
 * @example
 * const model = models.vit({ imageSize: 28, patchSize: 7, channels: 1, classes: 10, width: 64, depth: 4, heads: 4, seed: 1 });
 */
export const vit: Factory<vits.VitOptions> = factory(vits.vit);

/**
 * DeiT-Ti: 5.7 M parameters at 1000 classes.
 *
 * @example
 * const model = models.deitTiny({ classes: 10, seed: 1 });
 * const tuned = await models.deitTiny({ pretrained: true, classes: 100, imageSize: 112, head: 'new' });
 */
export const deitTiny: Factory<vits.VitOptions> = factory(vits.deitTiny, 'deitTiny');

/** DeiT-S: 22 M parameters at 1000 classes. */
export const deitSmall: Factory<vits.VitOptions> = factory(vits.deitSmall, 'deitSmall');

/** DeiT-B: 87 M parameters at 1000 classes. */
export const deitBase: Factory<vits.VitOptions> = factory(vits.deitBase, 'deitBase');

/**
 * A Swin Transformer of any size.
 *
 * @example
 * const model = models.swin({ imageSize: 32, patchSize: 2, classes: 100, width: 48, depths: [2, 2, 2], heads: [3, 6, 12], window: 4 });
 */
export const swin: Factory<swins.SwinOptions> = factory(swins.swin);

/** Swin-T: 28 M parameters at 1000 classes. */
export const swinTiny: Factory<swins.SwinOptions> = factory(swins.swinTiny, 'swinTiny');

/** Swin-S: 50 M parameters at 1000 classes. */
export const swinSmall: Factory<swins.SwinOptions> = factory(swins.swinSmall, 'swinSmall');

/** Swin-B: 88 M parameters at 1000 classes. */
export const swinBase: Factory<swins.SwinOptions> = factory(swins.swinBase, 'swinBase');

/**
 * A Pyramid Vision Transformer (version 1) of any size.
 *
 * @example
 * const model = models.pvt({ imageSize: 64, classes: 10, widths: [16, 32, 48, 64], heads: [1, 2, 3, 4] });
 */
export const pvt: Factory<pvts.PvtOptions> = factory(pvts.pvt);

/** PVT-Ti: 13 M parameters at 1000 classes. */
export const pvtTiny: Factory<pvts.PvtOptions> = factory(pvts.pvtTiny, 'pvtTiny');

/** PVT-S: 24 M parameters at 1000 classes. */
export const pvtSmall: Factory<pvts.PvtOptions> = factory(pvts.pvtSmall, 'pvtSmall');

/** PVT-M: 44 M parameters at 1000 classes. */
export const pvtMedium: Factory<pvts.PvtOptions> = factory(pvts.pvtMedium, 'pvtMedium');

/** PVT-L: 61 M parameters at 1000 classes. */
export const pvtLarge: Factory<pvts.PvtOptions> = factory(pvts.pvtLarge, 'pvtLarge');

/**
 * Semantic FPN: a class for every pixel, on the maps of a backbone. `pretrained: true` takes the backbone's published weights.
 *
 * @example
 * const model = await models.semanticFpn({ backbone: 'deitTiny', pretrained: true, imageSize: 256, classes: 11 });
 */
export const semanticFpn: Factory<segmenters.SemanticFpnOptions> = factory<segmenters.SemanticFpnOptions>(
  segmenters.semanticFpn,
  ({ backbone = 'swinTiny' }) => (typeof backbone === 'string' ? backbone : undefined),
);
