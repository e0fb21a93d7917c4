import { type Factory, factory } from './factory';
import * as graphs from './vit';

export type { Factory, Pretrained } from './factory';
/** Building blocks for a model of your own. */
export * as layers from './layers';
export { createModel, type Model, type ModelOptions } from './model';
export type { LoadOptions, LoadReport, Weights } from './pretrained/fit-weights';
export { addWeights, listWeights, weightsFile } from './pretrained/weights-cache';
export type { LoraOptions, VitOptions } from './vit';

/**
 * A vision Transformer of any size, at its random start.
 *
 * @example
 * const model = models.vit({ imageSize: 28, patchSize: 7, channels: 1, classes: 10, width: 64, depth: 4, heads: 4, seed: 1 });
 */
export const vit: Factory<graphs.VitOptions> = factory(graphs.vit);

/**
 * DeiT-Ti: 5.7 M parameters at 1000 classes.
 *
 * @example
 * const model = models.deitTiny({ classes: 10, seed: 1 });
 * const tuned = await models.deitTiny({ pretrained: true, classes: 100, imageSize: 112, head: 'new' });
 */
export const deitTiny: Factory<graphs.VitOptions> = factory(graphs.deitTiny, 'deitTiny');

/** DeiT-S: 22 M parameters at 1000 classes. */
export const deitSmall: Factory<graphs.VitOptions> = factory(graphs.deitSmall, 'deitSmall');

/** DeiT-B: 87 M parameters at 1000 classes. */
export const deitBase: Factory<graphs.VitOptions> = factory(graphs.deitBase, 'deitBase');
