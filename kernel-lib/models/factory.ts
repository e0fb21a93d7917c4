import { readWeights } from '../files/weights';
import type { Graph } from '../tape/graph';
import { createModel, type Model, type ModelOptions } from './model';
import { type CacheOptions, weightsFile } from './pretrained/weights-cache';

/** Published weights instead of the random start. */
export interface Pretrained extends Pick<CacheOptions, 'cache'> {
  /** `true`: the model's own published weights, from the cache or fetched into it. Else the path of a safetensors file. */
  readonly pretrained: true | string;
  /** `new`: the last layer keeps its random start, for other classes. */
  readonly head?: 'new';
}

/**
 * Makes a model at its random start, or, with `pretrained`, promises one with published weights: reading a file takes its time.
 *
 * @example
 * const model = models.deitTiny({ classes: 10, seed: 1 });
 * const tuned = await models.deitTiny({ pretrained: true, classes: 100, imageSize: 112, head: 'new' });
 */
export interface Factory<Options> {
  (options: Options & ModelOptions & Pretrained): Promise<Model>;
  (options?: Options & ModelOptions): Model;
}

type Given<Options> = Options & ModelOptions & Partial<Pretrained>;

/** The factory of the models of a graph; `weights` is the name of their published weights. */
export function factory<Options>(
  graph: (options: Options) => Graph,
  weights?: string | ((options: Options) => string | undefined),
): Factory<Options> {
  return ((options: Given<Options> = {} as Given<Options>) => {
    const { engine, seed, pretrained, head, cache, ...rest } = options;
    const own = rest as unknown as Options;
    const model = createModel(graph(own), { ...(engine && { engine }), ...(seed !== undefined && { seed }) });
    if (pretrained === undefined) return model;
    const name = typeof weights === 'function' ? weights(own) : weights;
    return loaded(model, pretrained, name, { ...(head && { head }), ...(cache !== undefined && { cache }) });
  }) as Factory<Options>;
}

/** The model with its weights; it is disposed of when they cannot be had. */
async function loaded(model: Model, from: true | string, name = '', { cache, head }: Omit<Pretrained, 'pretrained'>): Promise<Model> {
  try {
    const file = from === true ? await weightsFile(name, { ...(cache !== undefined && { cache }) }) : from;
    model.load(await readWeights(file), { ...(head && { head }) });
    return model;
  } catch (e) {
    model.dispose();
    throw e;
  }
}
