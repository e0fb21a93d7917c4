import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MesaError } from '../../errors';
import { download, type Progress } from '../../files/download';
import { isFolder } from '../sets/listing';
import { type Manifest, readManifest } from './manifest';
import { unpack } from './unpack';

export interface GetOptions {
  /** The data set's folder; `datasets/` and its name when absent. One that is there is left as it is. */
  readonly to?: string;
  /** Bytes that are here, of how many. */
  readonly onProgress?: Progress;
}

/**
 * Fetches a data set whose terms allow it, checks it and unpacks it; returns its folder. An attempt that was cut off is continued.
 *
 * @example
 * const folder = await data.get('cifar100');
 * const { train, test } = await data.cifar100(folder);
 */
export async function get(name: string, { to = join('datasets', name), onProgress }: GetOptions = {}): Promise<string> {
  const manifest = await readManifest(name);
  if (!(await isFolder(to))) await getFrom(manifest, to, onProgress);
  return to;
}

/** Fetches what a manifest names. The folder appears when all of it is there. */
export async function getFrom(manifest: Manifest, to: string, onProgress?: Progress): Promise<void> {
  const { archive, licence } = manifest;
  if (!archive)
    throw new MesaError('data-by-hand', {
      at: manifest.name,
      says: `has to be fetched by hand (${licence})`,
      try: `${manifest.get}, into ${to}`,
    });
  const file = join(dirname(to), basename(new URL(archive.url).pathname));
  const fresh = `${to}.${randomUUID()}.tmp`; // beside the folder: a rename stays within one file system
  try {
    await download(archive.url, file, { checksum: archive.checksum, otherwise: `${manifest.get}, into ${to}`, onProgress });
    await unpack(file, fresh, archive.mostBytes);
    await rename(fresh, to);
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(file, { force: true });
  }
}
