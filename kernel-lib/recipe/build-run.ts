import type { Loader } from '../data/data';
import type { Engine } from '../engine/engine';
import { readWeights } from '../files/weights';
import { activeEngine } from '../models/active-engine';
import { createModel, type Model } from '../models/model';
import { weightsFile } from '../models/pretrained/weights-cache';
import { planStep, type StepPlan } from '../plan/plan-step';
import type { Graph } from '../tape/graph';
import { policies } from '../tape/policies';
import type { Optimizer } from '../train/optimizer';
import { Trainer } from '../train/trainer';
import { type Evaluator, evaluator } from './evaluator';
import type { ImageSize } from './model-at-size';
import { modelGraphs } from './model-graphs';
import { checkClasses, openData } from './open-data';
import { optimizerOf } from './optimizer-of';
import type { ModelRecipe, Recipe } from './recipe';
import { scheduleOf, stepsIn } from './schedule-of';

export interface BuildOptions {
  /** What `start()` has made active if absent. */
  readonly engine?: Engine;
  /** Of the data; the recipe's when absent. */
  readonly folder?: string;
}

/** A recipe made into what runs it. */
export interface Run {
  readonly recipe: Recipe;
  readonly graph: Graph;
  readonly model: Model;
  readonly trainer: Trainer;
  /** What it trains on. */
  readonly batches: Loader;
  /** Of the whole run. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Images to train and to evaluate on. */
  readonly images: { readonly train: number; readonly evaluation: number };
  /** The bytes of a step, from a step without memory or arithmetic. */
  plan(): StepPlan;
  readonly evaluate: Evaluator;
  dispose(): void;
}

/**
 * Makes model, data and trainer of a recipe.
 *
 * @example
 * const run = await recipes.build(await recipes.read('cifar100-deit-tiny', { size: 'laptop' }), { folder: 'datasets/cifar100' });
 * await run.trainer.fit({ steps: 100 });
 * console.log(await run.evaluate());
 */
export async function buildRun(recipe: Recipe, { engine = activeEngine(), folder }: BuildOptions = {}): Promise<Run> {
  const { batch, accumulate = 1, clip = null, seed, data, evaluation } = recipe;
  const graph = graphOf(recipe.model, data.mixing !== undefined);
  const parts = await openData(data, folder);
  const classes = graph.results.logits?.spec.dims.at(-1);
  checkClasses(parts.train, classes);
  checkClasses(parts.evaluation, classes);
  const batches = parts.train.batches({
    size: batch,
    seed,
    dropLast: true,
    pipeline: data.train,
    ...(data.mixing && { mixing: { ...data.mixing, classes: parts.train.classes } }),
    ...only(data, ['repeats', 'workers', 'onBad']),
  });
  const release: (() => void)[] = [() => batches.dispose()];
  try {
    const stepsPerEpoch = batches.batchesPerEpoch;
    const steps = stepsIn(recipe.length, stepsPerEpoch);
    const schedule = scheduleOf(recipe, stepsPerEpoch);
    const optimizer = optimizerOf(recipe.optimizer, graph);
    const model = await modelOf(recipe.model, graph, engine, seed);
    release.unshift(() => model.dispose());
    const policy = policies[recipe.policy]();
    const trainer = new Trainer({ model, batches, optimizer, policy, schedule, clip, accumulate, seed });
    release.unshift(() => trainer.dispose());
    return {
      recipe,
      graph,
      model,
      trainer,
      batches,
      steps,
      stepsPerEpoch,
      images: { train: parts.train.count, evaluation: parts.evaluation.count },
      plan: () => planOf(recipe, graph, optimizer, model),
      evaluate: evaluator({ trainer, model, graphAt: sizedGraphs(recipe.model) }, parts.evaluation, evaluation, data),
      dispose: () => {
        for (const each of release) each();
      },
    };
  } catch (e) {
    for (const each of release) each();
    throw e;
  }
}

/** The graph of a recipe's model. */
export function graphOf({ name, pretrained, head, frozen, ...options }: ModelRecipe, softTargets: boolean): Graph {
  return modelGraphs[name]({ ...options, ...(softTargets && { softTargets }) });
}

/** The graphs of a recipe's model with hard labels, for images of any size. */
export function sizedGraphs(recipe: ModelRecipe): (imageSize: ImageSize) => Graph {
  return (imageSize) => graphOf({ ...recipe, imageSize }, false);
}

async function modelOf(recipe: ModelRecipe, graph: Graph, engine: Engine, seed: number): Promise<Model> {
  const model = createModel(graph, { engine, seed });
  try {
    const { name, pretrained, head, frozen = [], backbone } = recipe;
    if (pretrained !== undefined) {
      const published = name === 'semanticFpn' && typeof backbone === 'string' ? backbone : name;
      model.load(await readWeights(pretrained === true ? await weightsFile(published) : pretrained), { ...(head && { head }) });
    }
    for (const glob of frozen) model.freeze(glob);
    return model;
  } catch (e) {
    model.dispose();
    throw e;
  }
}

/** Two micro-batches tell what any number of them takes: the second one finds the gradients of the first. */
function planOf({ policy, batch, accumulate = 1 }: Recipe, graph: Graph, optimizer: Optimizer, { engine, frozen }: Model): StepPlan {
  const micro = Math.ceil(batch / accumulate);
  const parts = Math.min(2, accumulate);
  return planStep({
    graph,
    policy: policies[policy](),
    batch: micro * parts,
    accumulate: parts,
    optimizer,
    threads: engine.threads,
    trainable: (name) => !frozen.has(name),
  });
}

/** Those of some fields that are there. */
function only<T extends object, K extends keyof T>(from: T, keys: readonly K[]): { [P in K]?: Exclude<T[P], undefined> } {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]]))) as never;
}
