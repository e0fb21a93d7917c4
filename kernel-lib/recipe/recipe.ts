import type { Mixing, Pipeline } from '../data/augment/index';
import type { MaskCodes } from '../data/decode/mask-codes';
import type { policies } from '../tape/policies';
import type { ModelName } from './model-graphs';

/** An experiment as data: what a file in `recipes/` holds, and all that a run depends on beside the data itself. */
export interface Recipe {
  readonly what: string;
  /** The published experiment that this one follows, and how it differs. */
  readonly published: Published;
  readonly model: ModelRecipe;
  readonly data: DataRecipe;
  readonly optimizer: OptimizerRecipe;
  readonly schedule: ScheduleRecipe;
  /** How values that backward needs are kept: the name of a preset. */
  readonly policy: keyof typeof policies;
  readonly length: Length;
  /** Samples of a step. */
  readonly batch: number;
  /** Micro-batches that a step is divided into. */
  readonly accumulate?: number;
  /** Largest norm of the gradient. */
  readonly clip?: number;
  readonly seed: number;
  readonly evaluation: EvaluationRecipe;
  /** Other sizes of the experiment, such as one for a laptop. */
  readonly sizes?: { readonly [size: string]: Size };
}

/** As published, in the words and numbers of its source. */
export interface Published {
  readonly sources: readonly string[];
  readonly settings: { readonly [name: string]: string | number };
  readonly results: { readonly [name: string]: string | number };
  /** What of the full size here is not as published, and why. */
  readonly differs: readonly string[];
}

/** A model and its options, those of its function in `models`. */
export interface ModelRecipe {
  readonly name: ModelName;
  /** `true`, or the path of a safetensors file. */
  readonly pretrained?: true | string;
  readonly head?: 'new';
  /** Globs of parameters that are not trained. */
  readonly frozen?: readonly string[];
  readonly [option: string]: unknown;
}

export type DataSetName = 'imagenet' | 'ade20k' | 'camvid' | 'cifar100' | 'mnist' | 'imageFolder' | 'noise';

export interface DataRecipe {
  readonly set: DataSetName;
  readonly folder?: string;
  readonly train: Pipeline;
  readonly mixing?: Omit<Mixing, 'classes'>;
  /** How often each sample comes in a row (repeated augmentation). */
  readonly repeats?: number;
  readonly workers?: number;
  readonly onBad?: 'stop' | 'skip';
  /** Where masks are not those of the data set's own classes. */
  readonly codes?: MaskCodes;
}

export interface OptimizerRecipe {
  readonly name: 'adamw';
  readonly lr: number;
  readonly weightDecay: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
  /** Globs of parameters that do not decay; `1-D` stands for all biases, scales and other vectors. */
  readonly noDecay: readonly string[];
  /** What the learning rate of parameters is multiplied by, by glob. */
  readonly rates?: { readonly [glob: string]: number };
}

export type ScheduleRecipe =
  | { readonly kind: 'cosine'; readonly warmup?: Length; readonly warmupLr?: number; readonly minLr?: number }
  | { readonly kind: 'poly'; readonly power?: number; readonly warmup?: Length; readonly warmupLr?: number; readonly minLr?: number }
  | { readonly kind: 'constant' };

/** Steps, or passes over the data. */
export type Length = { readonly steps: number } | { readonly epochs: number };

export interface EvaluationRecipe {
  readonly pipeline: Pipeline;
  readonly batch: number;
  /** So many images of all classes, always the same ones; all when absent. */
  readonly images?: number;
  /** How often while training; only at the end when absent. */
  readonly every?: Length;
}

/** What is changed of a recipe, as with `--set`, and why. */
export interface Size {
  readonly because: readonly string[];
  readonly set: { readonly [path: string]: unknown };
}
