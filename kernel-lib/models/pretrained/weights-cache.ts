import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MesaError } from '../../errors';
import { writeAtomically } from '../../files/atomic-write';
import { cacheFolder } from '../../files/cache-folder';
import { checksumOf } from '../../files/checksum';
import { download, type Progress } from '../../files/download';
import { readSafetensors } from '../../files/safetensors';
import { type PublishedWeights, publishedWeights, weightsCatalog } from './catalog';

export interface CacheOptions {
  /** Folder; that of the user when absent (`MESA_CACHE`, XDG_CACHE_HOME/mesa-lab, ~/.cache/mesa-lab). */
  readonly cache?: string;
  readonly onProgress?: Progress;
}

/** What is noted beside a file in the cache. */
interface Note {
  readonly from: string;
  readonly sha256: string;
}

/** A row of `mesa-lab weights list`. */
export interface WeightsRow extends PublishedWeights {
  readonly name: string;
  /** Where it is, when it is there. */
  readonly file?: string;
}

/**
 * The file of published weights: from the cache, where its checksum is compared, else fetched into it.
 *
 * @example
 * model.load(await readWeights(await weightsFile('deitTiny')));
 */
export async function weightsFile(name: string, { cache = cacheFolder(), onProgress }: CacheOptions = {}): Promise<string> {
  const entry = await publishedWeights(name);
  const file = fileOf(cache, name);
  if (existsSync(file)) return unchanged(name, file, entry);
  const { url, sha256 } = entry;
  if (url === undefined) throw byHand(name, entry);
  const otherwise = `fetching it elsewhere, then: mesa-lab weights add ${name} FILE`;
  await download(url, file, { checksum: sha256 && `sha256:${sha256}`, otherwise, onProgress });
  await note(file, { from: url, sha256: sha256 ?? (await checksumOf(file)) });
  return file;
}

/** Takes a safetensors file, fetched or converted by hand, into the cache under a name. */
export async function addWeights(name: string, from: string, { cache = cacheFolder() }: CacheOptions = {}): Promise<string> {
  await publishedWeights(name);
  await readSafetensors(from); // refuses what is none
  const file = fileOf(cache, name);
  await mkdir(dirname(file), { recursive: true });
  await writeAtomically(file, createReadStream(from));
  await note(file, { from: basename(from), sha256: await checksumOf(file) });
  return file;
}

/** All weights that are known, and which of them are in the cache. */
export async function listWeights({ cache = cacheFolder() }: CacheOptions = {}): Promise<WeightsRow[]> {
  return [...(await weightsCatalog())].map(([name, entry]) => {
    const file = fileOf(cache, name);
    return { name, ...entry, ...(existsSync(file) && { file }) };
  });
}

const fileOf = (cache: string, name: string): string => join(cache, 'weights', `${name}.safetensors`);
const noteOf = (file: string): string => file.replace(/safetensors$/, 'json');

async function note(file: string, note: Note): Promise<void> {
  await writeAtomically(noteOf(file), [Buffer.from(`${JSON.stringify(note, null, 2)}\n`)]);
}

async function unchanged(name: string, file: string, entry: PublishedWeights): Promise<string> {
  const text = await readFile(noteOf(file), 'utf8').catch(() => undefined); // none: the process ended between the two files
  const noted = text === undefined ? entry : (JSON.parse(text) as Note);
  const found = await checksumOf(file);
  if (noted.sha256 === undefined) await note(file, { from: entry.url as string, sha256: found });
  else if (noted.sha256 !== found) {
    throw new MesaError('checksum', {
      at: file,
      says: `sha256 is ${found}, it was ${noted.sha256}`,
      try: `deleting it, then: mesa-lab weights get ${name}`,
    });
  }
  return file;
}

function byHand(name: string, { pth }: PublishedWeights): MesaError {
  return new MesaError('weights-by-hand', {
    at: name,
    says: `published as a PyTorch file only: ${pth}`,
    try: `python scripts/convert-weights.py ${basename(pth ?? '')} ${name}.safetensors; mesa-lab weights add ${name} ${name}.safetensors`,
  });
}
