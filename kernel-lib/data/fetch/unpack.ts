import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MesaError } from '../../errors';

/**
 * Unpacks a .tgz or .zip into a folder, without its own top folder. Only files and folders inside that one: a link, a name that leads out,
 * or more than `mostBytes` ends it with an error.
 */
export async function unpack(archive: string, into: string, mostBytes: number): Promise<void> {
  await mkdir(into, { recursive: true });
  const limit = { left: mostBytes };
  try {
    await (archive.endsWith('.zip') ? unzip(archive, into, limit) : untar(archive, into, limit));
  } catch (e) {
    if (e instanceof MesaError) throw e.under(archive);
    throw new MesaError('archive-corrupt', { at: archive, says: `cannot be unpacked (${(e as Error).message})`, try: 'fetching it again' });
  }
}

const TYPE = 0o170000; // of a file's mode
const LINK = 0o120000;

interface Limit {
  left: number;
}

async function untar(archive: string, into: string, limit: Limit): Promise<void> {
  const { extract } = await import('tar');
  let wrong: Error | undefined;
  await extract({
    file: archive,
    cwd: into,
    strip: 1,
    strict: true,
    preserveOwner: false,
    filter: (path, entry) => {
      try {
        const { type = 'File', size } = entry as { readonly type?: string; readonly size: number };
        if (type !== 'File' && type !== 'OldFile' && type !== 'Directory') throw refused(path, `is a ${type}`);
        admit(path, size, limit);
      } catch (e) {
        wrong ??= e as Error; // an error thrown here is lost in tar's stream
      }
      return wrong === undefined;
    },
  });
  if (wrong) throw wrong;
}

async function unzip(archive: string, into: string, limit: Limit): Promise<void> {
  const { openPromise } = await import('yauzl');
  const zip = await openPromise(archive, { lazyEntries: true, autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      if (((entry.externalFileAttributes >>> 16) & TYPE) === LINK) throw refused(entry.fileName, 'is a SymbolicLink');
      admit(entry.fileName, entry.uncompressedSize, limit);
      const path = entry.fileName.split('/').slice(1).join('/');
      if (path === '' || path.endsWith('/')) continue;
      const to = join(into, path);
      await mkdir(dirname(to), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(to, { flags: 'wx' }));
    }
  } finally {
    zip.close();
  }
}

function admit(path: string, bytes: number, limit: Limit): void {
  if (/^([/\\]|[a-z]:)/i.test(path) || path.split(/[/\\]/).includes('..')) throw refused(path, 'leads out of the folder');
  limit.left -= bytes;
  if (limit.left < 0) throw refused(path, 'makes it larger than the data set can be');
}

function refused(path: string, why: string): MesaError {
  return new MesaError('archive-refused', { says: `'${path}' ${why}`, try: 'the archive that datasets/ names' });
}
