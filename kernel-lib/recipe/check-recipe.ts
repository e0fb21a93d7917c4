import type { z } from 'zod';
import { checkMixing, checkPipeline } from '../data/augment/check-pipeline';
import { MesaError } from '../errors';
import { nearest } from './near';
import type { Recipe } from './recipe';

/** Data as a recipe; what is wrong with it is a typed error with the path. */
export async function checkRecipe(data: unknown): Promise<Recipe> {
  const { schema } = await import('./schema.js'); // zod is loaded where a recipe is read
  const { success, error } = schema.safeParse(data);
  if (!success) throw explained(error.issues[0] as z.core.$ZodIssue, data, schema);
  const recipe = data as Recipe;
  checkedAt('data.train', () => checkPipeline(recipe.data.train));
  checkedAt('evaluation.pipeline', () => checkPipeline(recipe.evaluation.pipeline));
  if (recipe.data.mixing) checkedAt('data.mixing', () => checkMixing({ classes: 2, ...recipe.data.mixing }));
  return recipe;
}

/** Pipelines call themselves `pipeline`, mixing `mixing`. */
function checkedAt(path: string, check: () => void): void {
  try {
    check();
  } catch (e) {
    throw e instanceof MesaError ? e.under((e.at ?? '').replace(/^\w+/, path)) : e;
  }
}

function explained(issue: z.core.$ZodIssue, data: unknown, schema: z.ZodType): MesaError {
  const path = issue.path.map(String);
  const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], data);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path, data);
    const unknown = issue.keys[0] as string;
    const near = nearest(unknown, known);
    return recipeError([...path, unknown], 'is no field of a recipe', near ? [...path, near].join('.') : known.join(', '));
  }
  const values = issue.code === 'invalid_value' ? issue.values.map(String) : issue.code === 'invalid_union' ? quoted(issue.message) : [];
  if (values.length > 0 && value !== undefined) {
    const near = nearest(String(value), values);
    return recipeError(path, `cannot be ${JSON.stringify(value)}`, near ? `${near}, of ${values.join(', ')}` : values.join(', '));
  }
  const says = value === undefined ? 'is missing' : `cannot be ${JSON.stringify(value)}`;
  return recipeError(path, says, wanted(issue));
}

/** What a value may be, in zod's words; of a union what each member wants. */
function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union')
    return [...new Set(issue.errors.flatMap((of) => of.slice(0, 1).map((i) => [...i.path, wanted(i)].join(' '))))].join(', or ');
  return issue.message.replace(/^(Invalid input: )?expected |^Invalid input: |, received .*$/g, '');
}

/** The names that zod offers for what tells the members of a union apart. */
function quoted(message: string): string[] {
  return [...message.matchAll(/'([^']+)'/g)].map(([, name]) => name as string);
}

function recipeError(path: readonly string[], says: string, instead: string): MesaError {
  return new MesaError('recipe', { at: path.join('.') || 'recipe', says, ...(instead && { try: instead }) });
}

/** The fields that are known where a path leads. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[], data: unknown): string[] {
  let [at, value] = [[schema as unknown as Shape], data];
  for (const key of path) {
    at = at.flatMap(alternatives).flatMap((s) => s.def.shape?.[String(key)] ?? s.def.valueType ?? s.def.element ?? []);
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  const fitting = at
    .flatMap(alternatives)
    .filter((s) => Object.entries(s.def.shape ?? {}).every(([key, field]) => mayBe(field, value, key)));
  return [...new Set(fitting.flatMap((s) => Object.keys(s.def.shape ?? {})))];
}

/** As much of a schema as this file looks at. */
interface Shape {
  readonly def: {
    readonly shape?: Record<string, Shape>;
    readonly innerType?: Shape;
    readonly options?: readonly Shape[];
    readonly valueType?: Shape;
    readonly element?: Shape;
    readonly entries?: Record<string, string>;
    readonly values?: readonly unknown[];
  };
}

function alternatives(s: Shape): Shape[] {
  if (s.def.innerType) return alternatives(s.def.innerType);
  return s.def.options ? s.def.options.flatMap(alternatives) : [s];
}

/** Whether a field with a fixed set of values has one of them: tells the members of a union apart. */
function mayBe({ def }: Shape, data: unknown, key: string): boolean {
  const fixed = def.entries ? Object.values(def.entries) : def.values;
  return !fixed || fixed.includes((data as Record<string, unknown>)[key]);
}
