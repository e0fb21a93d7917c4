import { existsSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MesaError } from '../errors';
import { writeAtomically } from '../files/atomic-write';
import type { Model } from '../models/model';
import { saveWeights } from '../models/save-weights';
import type { Recipe } from './recipe';

/** What a run leaves in its folder. */
export interface RunFolder {
  /** A line of `log.jsonl`. */
  log(event: object): Promise<void>;
  /** `weights.safetensors`, or `best.safetensors`. */
  weights(name: 'weights' | 'best', model: Model, step: number): Promise<void>;
  metrics(metrics: object): Promise<void>;
}

/** Begins the folder of a run with `recipe.json`: what is run, with all changes. One that holds a run is left alone. */
export async function runFolder(path: string, recipe: Recipe): Promise<RunFolder> {
  const log = join(path, 'log.jsonl');
  if (existsSync(log)) throw new MesaError('run-exists', { at: path, says: 'holds a run already', try: 'another folder' });
  await mkdir(path, { recursive: true });
  await json(join(path, 'recipe.json'), recipe);
  return {
    log: (event) => appendFile(log, `${JSON.stringify(event)}\n`),
    weights: (name, model, step) => saveWeights(model, join(path, `${name}.safetensors`), { what: recipe.what, step: String(step) }),
    metrics: (metrics) => json(join(path, 'metrics.json'), metrics),
  };
}

const json = (path: string, value: object): Promise<void> => writeAtomically(path, [Buffer.from(`${JSON.stringify(value, null, 2)}\n`)]);
