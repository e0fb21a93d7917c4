import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MesaError } from '../../errors';

/** What is known of a data set: a file of datasets/. */
export interface Manifest {
  readonly name: string;
  /** The call that reads it. */
  readonly use: string;
  readonly what: string;
  readonly origin: string;
  readonly licence: string;
  /** How to get it, in words. */
  readonly get: string;
  readonly layout: string;
  /** What `data.get` fetches; absent where the terms do not allow it. */
  readonly archive?: Archive;
  /** Images of each part. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly files?: Readonly<Record<string, { readonly bytes: number; readonly sha256?: string }>>;
}

export interface Archive {
  /** Ends with .tgz, .tar.gz or .zip; its one top folder becomes the data set's. */
  readonly url: string;
  /** As published: `md5:...`, `sha1:...` or `sha256:...`. */
  readonly checksum: string;
  /** More than it takes unpacked: an archive that unpacks to more is not the right one. */
  readonly mostBytes: number;
}

const folder = join(__dirname, '../../../datasets'); // the same from kernel-lib/data/fetch and dist/data/fetch

export async function readManifest(name: string): Promise<Manifest> {
  const names = (await readdir(folder)).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : []));
  if (!names.includes(name))
    throw new MesaError('data-unknown', { at: name, says: 'no data set of that name', try: names.sort().join(', ') });
  return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Manifest;
}
