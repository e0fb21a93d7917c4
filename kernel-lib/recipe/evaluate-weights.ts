import type { Pipeline } from '../data/augment/index';
import type { Engine } from '../engine/engine';
import { MesaError } from '../errors';
import { readWeights } from '../files/weights';
import { activeEngine } from '../models/active-engine';
import { createModel } from '../models/model';
import type { Weights } from '../models/pretrained/fit-weights';
import { weightsFile } from '../models/pretrained/weights-cache';
import type { Graph, Value } from '../tape/graph';
import { policies } from '../tape/policies';
import { adamw } from '../train/adamw';
import type { Evaluation } from '../train/evaluate';
import { Trainer } from '../train/trainer';
import { graphOf, sizedGraphs } from './build-run';
import { checkRecipe } from './check-recipe';
import { evaluator } from './evaluator';
import type { ImageSize } from './model-at-size';
import { checkClasses, openData } from './open-data';
import type { Overrides } from './overrides';
import { readRecipe } from './read-recipe';
import type { DataSetName, ModelRecipe, Recipe } from './recipe';

export interface EvaluateOptions {
  readonly engine?: Engine;
  /** A model by name, with `set` as its options; or a recipe. */
  readonly model?: string;
  readonly recipe?: string;
  readonly size?: string;
  readonly set?: Overrides;
  /** A safetensors file, or the name of published weights; those of the model when absent. */
  readonly weights?: string;
  /** The folder of the data. */
  readonly data?: string;
  readonly dataset?: string;
  /**
   * Of classes, `published`: resized and the centre; `as-is`: the centre, not resized. Of maps, `published`: each picture whole, in a size
   * of its own, compared at the pixels of its mask; `padded`: all in the model's size. A recipe's own when absent.
   */
  readonly protocol?: string;
  readonly batch?: number;
  /** So many images of all classes; all when absent. */
  readonly images?: number;
  /** Threads that read images. */
  readonly workers?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Evaluates weights on a data set.
 *
 * @example
 * const { accuracy, top5 } = await recipes.evaluate({ model: 'deitTiny', data: 'datasets/imagenet' });
 */
export async function evaluateWeights(options: EvaluateOptions): Promise<Evaluation> {
  const { engine = activeEngine(), onProgress } = options;
  const { graph, graphAt, weights, what } = options.recipe === undefined ? await ofModel(options) : await ofRecipe(options);
  const { evaluation: part } = await openData(what.data, options.data);
  checkClasses(part, graph.results.logits?.spec.dims.at(-1));
  const model = createModel(graph, { engine });
  try {
    model.load(weights);
    model.freeze('**'); // no gradients, so nothing is kept for an optimizer
    const batches = { next: () => Promise.reject(new MesaError('no-batches', { says: 'this trainer only evaluates' })) };
    const trainer = new Trainer({ model, batches, optimizer: adamw({ lr: 0 }), policy: policies.exact() });
    try {
      const { batch, images, workers } = options;
      const protocol = { ...what.evaluation, ...(batch !== undefined && { batch }), ...(images !== undefined && { images }) };
      return await evaluator({ trainer, model, graphAt }, part, protocol, { ...what.data, ...(workers !== undefined && { workers }) })({
        ...(onProgress && { onProgress }),
      });
    } finally {
      trainer.dispose();
    }
  } finally {
    model.dispose();
  }
}

interface Subject {
  readonly graph: Graph;
  graphAt(size: ImageSize): Graph;
  readonly weights: Weights;
  /** Which data, and how. */
  readonly what: Pick<Recipe, 'data' | 'evaluation'>;
}

async function ofRecipe({ recipe: name, size, set, weights, protocol }: EvaluateOptions): Promise<Subject> {
  const recipe = await readRecipe(name as string, { ...(size !== undefined && { size }), ...(set && { set }) });
  const { pretrained, head, ...model } = recipe.model;
  const graph = graphOf(model as ModelRecipe, false);
  const pipeline = protocol === undefined ? recipe.evaluation.pipeline : pipelineOf(graph, protocol);
  return {
    graph,
    graphAt: sizedGraphs(model as ModelRecipe),
    weights: await weightsOf(weights, model.name as string),
    what: { ...recipe, evaluation: { ...recipe.evaluation, pipeline } },
  };
}

/** Checked as part of a recipe, so that mistakes are told in the same way. */
async function ofModel({
  model: name = '',
  set = {},
  weights,
  dataset = 'imagenet',
  protocol = 'published',
}: EvaluateOptions): Promise<Subject> {
  const read = await weightsOf(weights, name);
  const base = await readRecipe('imagenet-deit-tiny');
  const { model } = await checkRecipe({ ...base, model: { name, ...classesIn(read), ...set }, data: { ...base.data, set: dataset } });
  const graph = graphOf(model, false);
  const data = { set: dataset as DataSetName, train: base.data.train };
  const evaluation = { pipeline: pipelineOf(graph, protocol), batch: 64 };
  return { graph, graphAt: sizedGraphs(model), weights: read, what: { data, evaluation } };
}

const HEADS = ['head.weight', 'head.fc.weight', 'decode_head.conv_seg.weight'];

/** As many classes as the weights have. */
function classesIn(weights: Weights): { readonly classes?: number } {
  const head = HEADS.map((name) => weights.get(name)).find((w) => w !== undefined);
  return head ? { classes: head.shape[0] as number } : {};
}

async function weightsOf(fileOrName: string | undefined, model: string): Promise<Weights> {
  const isFile = fileOrName?.includes('.') ?? false;
  return readWeights(isFile ? (fileOrName as string) : await weightsFile(fileOrName ?? model));
}

/** How pictures are brought to a model's size. */
function pipelineOf({ feeds }: Graph, protocol: string): Pipeline {
  const [, height, width] = (feeds.images as Value).spec.dims as readonly [number, number, number];
  const ofMaps = (feeds.labels?.spec.dims.length ?? 0) > 0;
  const short = Math.min(height, width);
  const protocols: Record<string, Pipeline> = ofMaps
    ? {
        published: { kind: 'segmentation-evaluation', scale: [4 * short, short], multiple: 32 },
        padded: { kind: 'segmentation-evaluation', scale: [width, height], pad: [width, height] },
      }
    : {
        published: { kind: 'evaluation', resize: Math.round((height * 256) / 224), crop: height, interpolation: 'bicubic' },
        'as-is': { kind: 'evaluation', crop: height },
      };
  const pipeline = protocols[protocol];
  if (pipeline) return pipeline;
  const known = Object.keys(protocols).join(', ');
  throw new MesaError('usage', { at: '--protocol', says: `there is no protocol '${protocol}' for such a model`, try: known });
}
