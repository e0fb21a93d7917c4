import { parseArgs } from 'node:util';
import { cacheFolder } from '../files/cache-folder';
import { readWeights } from '../files/weights';
import { fitWeights } from '../models/pretrained/fit-weights';
import { addWeights, listWeights, weightsFile } from '../models/pretrained/weights-cache';
import { type ModelName, modelGraphs } from '../recipe/model-graphs';
import { mebibytes } from '../show/format';
import { progress } from '../show/progress';
import { textTable } from '../show/text-table';
import type { Command } from './command';
import { misused, say } from './text';

const SUMMARY = 'published weights: list them, fetch some, add a file';
const USAGE = `mesa-lab weights list
mesa-lab weights get NAME
mesa-lab weights add NAME FILE
  Published weights by the names of models. add takes a safetensors file that was fetched or converted by hand (scripts/convert-weights.py).

  --cache DIR      where they are kept; MESA_CACHE, else ~/.cache/mesa-lab unless told`;

/** `mesa-lab weights ...` */
export const weightsCommand: Command = { summary: SUMMARY, usage: USAGE, run };

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options: { cache: { type: 'string' } }, allowPositionals: true });
  const { cache = cacheFolder() } = values;
  const [verb, name, file, ...rest] = positionals;
  if (verb === 'list' && name === undefined) say(await table(cache));
  else if (verb === 'get' && name !== undefined && file === undefined) say(await get(name, cache));
  else if (verb === 'add' && name !== undefined && file !== undefined && rest.length === 0) say(await add(name, file, cache));
  else throw misused(`cannot make sense of weights ${positionals.join(' ')}`, USAGE);
  return 0;
}

async function table(cache: string): Promise<string> {
  const rows = (await listWeights({ cache })).map((w) => [w.name, w.what, w.licence, w.file ?? (w.url ? 'can be fetched' : 'by hand')]);
  return textTable(['name', 'weights', 'licence', 'where'], rows, []);
}

async function get(name: string, cache: string): Promise<string> {
  const bar = progress(`fetching ${name}`, 100);
  const onProgress = (done: number, total: number) => bar.update(total > 0 ? (100 * done) / total : 0, mebibytes(done));
  const path = await weightsFile(name, { cache, onProgress });
  bar.end('is there');
  return path;
}

/** Refuses a file that does not fit the model, before it is taken. */
async function add(name: string, file: string, cache: string): Promise<string> {
  if (Object.hasOwn(modelGraphs, name)) fitWeights(modelGraphs[name as ModelName]({}), await readWeights(file));
  return addWeights(name, file, { cache });
}
