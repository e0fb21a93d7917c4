import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MesaError } from '../../errors';
import { checksumOf } from '../../files/checksum';
import { cifar100 } from '../cifar100';
import { readSample } from '../loader/read-sample';
import { type BadSample, badSample } from '../loader/report';
import { mnist } from '../mnist';
import { ade20k } from '../sets/ade20k';
import { camvid } from '../sets/camvid';
import type { ImageFiles, MaskedFiles } from '../sets/image-files';
import { imagenet } from '../sets/imagenet';
import { type Manifest, readManifest } from './manifest';

export interface CheckOptions {
  /** Whether every image is decoded, and every mask read. */
  readonly decode?: boolean;
  /** Images looked at, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a folder holds of a data set. */
export interface CheckReport {
  readonly name: string;
  readonly folder: string;
  /** Images of each part, and how many the whole data set has. */
  readonly parts: readonly { readonly name: string; readonly count: number; readonly expected?: number }[];
  /** Files and parts that are not there. */
  readonly missing: readonly string[];
  readonly bad: readonly { readonly path: string; readonly code: string; readonly says: string }[];
  /** Whether everything is there, and good. */
  readonly complete: boolean;
}

const AT_ONCE = 8; // decoders wait for files in between

/**
 * Looks whether a folder holds a data set: counts, what is missing, files that cannot be used.
 *
 * @example
 * const { complete, bad } = await data.check('imagenette', 'datasets/imagenette');
 */
export async function check(name: string, folder: string, { decode = true, onProgress }: CheckOptions = {}): Promise<CheckReport> {
  const manifest = await readManifest(name);
  const { missing, bad } = await checkFiles(manifest, folder);
  const parts = await partsOf(name, folder).catch((e: unknown) => {
    bad.push(badSample(e, folder));
    return {} as Parts;
  });
  const sets = Object.values(parts).filter((part): part is ImageFiles => 'skipped' in part);
  for (const { skipped } of sets) bad.push(...skipped);
  if (decode) bad.push(...(await undecodable(sets, onProgress)));
  const counted = Object.entries(parts).map(([part, { count }]) => {
    const expected = manifest.counts?.[part];
    return { name: part, count, ...(expected !== undefined && { expected }) };
  });
  missing.push(
    ...counted.filter(({ count, expected }) => count === 0 && expected !== undefined).map((part) => `${part.name}: no image of it`),
  );
  const whole = counted.length > 0 && counted.every(({ count, expected = count }) => count === expected);
  return {
    name,
    folder,
    parts: counted,
    missing,
    bad: bad.map(({ path, code, text }) => ({ path, code, says: text.says })),
    complete: whole && missing.length === 0 && bad.length === 0,
  };
}

type Parts = Readonly<Record<string, ImageFiles | { readonly count: number }>>;

async function partsOf(name: string, folder: string): Promise<Parts> {
  const onBad = 'skip';
  const readers: Record<string, () => Promise<object>> = {
    ade20k: () => ade20k(folder, { onBad }),
    camvid: () => camvid(folder, { onBad }),
    cifar100: () => cifar100(folder),
    imagenet: () => imagenet(folder, { onBad }),
    imagenette: () => imagenet(folder, { onBad }),
    mnist: () => mnist({ folder }),
  };
  const read = readers[name];
  if (!read) throw new MesaError('data-unknown', { at: name, says: 'nothing here reads it' });
  return (await read()) as Parts;
}

/** The files that a manifest lists by name. */
async function checkFiles({ files = {} }: Manifest, folder: string): Promise<{ missing: string[]; bad: BadSample[] }> {
  const missing: string[] = [];
  const bad: BadSample[] = [];
  for (const [name, { bytes, sha256: expected }] of Object.entries(files)) {
    const path = join(folder, name);
    const size = (await stat(path).catch(() => undefined))?.size;
    if (size === undefined) missing.push(path);
    else if (size !== bytes) bad.push({ path, code: 'file-size', text: { says: `${size} bytes, expected ${bytes}` } });
    else if (expected !== undefined && (await checksumOf(path)) !== expected)
      bad.push({ path, code: 'checksum', text: { says: 'other bytes than the published file' } });
  }
  return { missing, bad };
}

async function undecodable(sets: readonly ImageFiles[], onProgress: CheckOptions['onProgress']): Promise<BadSample[]> {
  const samples = sets.flatMap((set) => set.images.map((image, i) => ({ image, set: set as Partial<MaskedFiles>, i })));
  const bad: BadSample[] = [];
  let [next, done] = [0, 0];
  async function look(): Promise<void> {
    for (let sample = samples[next++]; sample; sample = samples[next++]) {
      const { image, set, i } = sample;
      const mask = set.masks?.[i];
      await readSample({ image, ...(mask !== undefined && { mask }) }, set.codes).catch((e: unknown) => bad.push(badSample(e, image)));
      onProgress?.(++done, samples.length);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return bad.sort((a, b) => (a.path < b.path ? -1 : 1));
}
