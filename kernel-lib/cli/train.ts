import { parseArgs } from 'node:util';
import { parseOverrides } from '../recipe/overrides';
import { readRecipe, recipeNames } from '../recipe/read-recipe';
import { runRecipe } from '../recipe/run-recipe';
import type { Command } from './command';
import { engineOptions, engineUsage, startEngine } from './engine-options';
import { misused, wholeNumber } from './text';
import { asJson, asText } from './train-report';

const SUMMARY = 'train a model by a recipe: ImageNet, CIFAR-100, ADE20K';
const USAGE = `mesa-lab train RECIPE [--size NAME] [--data DIR] [--out DIR] [--steps N] [--set KEY=VALUE]... [--json]
  Trains a model by a recipe: the name of one (mesa-lab train --list), or a JSON file. Before the first step it says what a step takes.
  Ctrl-C stops after the step under way and writes what is there.

  --size NAME      another size of the recipe, such as laptop
  --data DIR       where the data is; datasets/ and the name of the set unless told
  --out DIR        write weights, metrics and the log (JSON lines) there
  --steps N        stop after N steps, with the schedule of the whole run
  --set KEY=VALUE  change a field: --set batch=32 --set model.imageSize=112 --set policy=plus
  --json           events as JSON lines on standard output
${engineUsage}`;

const options = {
  size: { type: 'string' },
  data: { type: 'string' },
  out: { type: 'string' },
  steps: { type: 'string' },
  set: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  list: { type: 'boolean' },
  ...engineOptions,
} as const;

/** `mesa-lab train ...`; gives the exit code: 130 when it was interrupted. */
export const trainCommand: Command = { summary: SUMMARY, usage: USAGE, run };

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (values.list) return list();
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw misused(`cannot make sense of train ${positionals.join(' ')}`, USAGE);
  const { size, data: folder, out, steps, set = [], json } = values;
  const recipe = await readRecipe(name, { ...(size !== undefined && { size }), set: parseOverrides(set) });
  const limit = steps === undefined ? undefined : wholeNumber('--steps', steps, 0);
  const engine = await startEngine(values);
  const { stopped } = await runRecipe(recipe, {
    engine,
    ...(folder !== undefined && { folder }),
    ...(out !== undefined && { out }),
    ...(limit !== undefined && { steps: limit }),
    onEvent: json ? asJson() : asText(recipe, out),
  });
  return stopped ? 130 : 0;
}

async function list(): Promise<number> {
  for (const name of await recipeNames()) {
    const { what, sizes = {} } = await readRecipe(name);
    process.stdout.write(`${name.padEnd(32)}${what} (${['full', ...Object.keys(sizes)].join(', ')})\n`);
  }
  return 0;
}
