import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MesaError } from '../../errors';

/** Published weights: `weights-catalog.json` has one of these for each model. */
export interface PublishedWeights {
  readonly what: string;
  /** Of a safetensors file. */
  readonly url?: string;
  /** Where only a PyTorch file is published. */
  readonly pth?: string;
  readonly licence: string;
  readonly bytes?: number;
  /** Where it is not known beforehand, that of the first download is recorded. */
  readonly sha256?: string;
}

/** The weights that can be had by name. */
export async function weightsCatalog(): Promise<ReadonlyMap<string, PublishedWeights>> {
  const json = await readFile(join(__dirname, 'weights-catalog.json'), 'utf8');
  return new Map(Object.entries(JSON.parse(json) as Record<string, PublishedWeights>));
}

/** The entry of a name; an unknown one is a typed error with all names. */
export async function publishedWeights(name: string): Promise<PublishedWeights> {
  const catalog = await weightsCatalog();
  const entry = catalog.get(name);
  if (entry) return entry;
  throw new MesaError('no-such-weights', {
    says: `no weights are known by the name '${name}'`,
    try: `${[...catalog.keys()].join(', ')}, or the path of a .safetensors file`,
  });
}
