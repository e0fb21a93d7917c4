export { type BuildOptions, buildRun as build, type Run } from './build-run';
export { type EvaluateOptions, evaluateWeights as evaluate } from './evaluate-weights';
export { type Overrides, parseOverrides } from './overrides';
export { type RecipeOptions, readRecipe as read, recipeNames as names } from './read-recipe';
export type * from './recipe';
export type * from './run-events';
export { type RunOptions, runRecipe as run } from './run-recipe';
