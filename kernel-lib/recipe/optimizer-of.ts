import { select } from '../tape/glob';
import type { Graph } from '../tape/graph';
import { adamw } from '../train/adamw';
import type { Optimizer } from '../train/optimizer';
import type { OptimizerRecipe } from './recipe';

const VECTORS = '1-D';

/** The optimizer of a recipe for a model; a glob of parameters that the model has not is an error. */
export function optimizerOf({ name, noDecay, rates = {}, ...options }: OptimizerRecipe, { params }: Graph): Optimizer {
  const named = new Set(noDecay.filter((glob) => glob !== VECTORS).flatMap((glob) => select(glob, params.keys())));
  const vectors = noDecay.includes(VECTORS);
  const rateOf = new Map(Object.entries(rates).flatMap(([glob, rate]) => select(glob, params.keys()).map((param) => [param, rate])));
  return adamw({
    ...options,
    decays: (param, shape) => !named.has(param) && !(vectors && shape.length < 2),
    rate: (param) => rateOf.get(param) ?? 1,
  });
}
