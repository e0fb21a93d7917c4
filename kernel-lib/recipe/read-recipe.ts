import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { MesaError } from '../errors';
import { checkRecipe } from './check-recipe';
import { nearest } from './near';
import { type Overrides, override } from './overrides';
import type { Recipe } from './recipe';

export interface RecipeOptions {
  /** One of the recipe's `sizes`; the full one when absent. */
  readonly size?: string;
  /** What is changed, by path. */
  readonly set?: Overrides;
}

const FOLDER = join(__dirname, '../../recipes'); // beside kernel-lib in the repository, beside dist in the package

/** Names of the recipes that come with the package. */
export async function recipeNames(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return files.flatMap((file) => (file.endsWith('.json') ? file.replace(/\.json$/, '') : [])).sort();
}

/**
 * A recipe by its name, or from a file, in one of its sizes and with changes; checked as a whole.
 *
 * @example
 * const recipe = await recipes.read('cifar100-deit-tiny', { size: 'laptop', set: { policy: 'plus', batch: 64 } });
 */
export async function readRecipe(nameOrFile: string, { size, set = {} }: RecipeOptions = {}): Promise<Recipe> {
  const full = parsed(nameOrFile, await textOf(nameOrFile));
  const recipe = await checkRecipe(full);
  if (size === undefined || size === 'full') return checkRecipe(override(full, set));
  const sizes = recipe.sizes ?? {};
  const chosen = Object.hasOwn(sizes, size) ? sizes[size] : undefined;
  if (!chosen) {
    const says = `the recipe has no size '${size}'`;
    throw new MesaError('recipe', { at: 'sizes', says, try: ['full', ...Object.keys(sizes)].join(', ') });
  }
  return checkRecipe(override(override(full, chosen.set), set));
}

async function textOf(nameOrFile: string): Promise<string> {
  const isFile = nameOrFile.endsWith('.json') || nameOrFile.includes('/') || nameOrFile.includes(sep);
  const file = isFile ? nameOrFile : join(FOLDER, `${nameOrFile}.json`);
  try {
    return await readFile(file, 'utf8');
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    if (isFile) throw new MesaError('no-such-recipe', { at: file, says: `cannot be read (${code})`, try: 'the path of a recipe' });
    const names = await recipeNames();
    const near = nearest(nameOrFile, names);
    throw new MesaError('no-such-recipe', { says: `there is no recipe '${nameOrFile}'`, try: near ?? names.join(', ') });
  }
}

function parsed(at: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (e) {
    throw new MesaError('recipe', { at, says: `is no JSON: ${(e as Error).message}` });
  }
}
