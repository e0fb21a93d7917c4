import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MesaError } from '../../errors';
import { checksumOf } from '../../files/checksum';
import { chunksOf, offline, otherBytes, stalling } from '../../files/web';
import type { Archive } from './manifest';

/** Told how many of how many bytes are here; `total` is 0 where the server does not say. */
export type Progress = (done: number, total: number) => void;

/**
 * Fetches a large file. What an attempt that was cut off has left is continued; the path holds all of the file, with the right checksum, or
 * nothing.
 */
export async function fetchArchive({ url, checksum }: Archive, path: string, otherwise: string, onProgress?: Progress): Promise<void> {
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  const stall = stalling();
  try {
    await receive(url, part, stall.signal, (done, total) => {
      stall.more();
      onProgress?.(done, total);
    });
  } catch (e) {
    throw e instanceof MesaError || isOfDisk(e) ? e : offline(url, e as Error, otherwise);
  } finally {
    stall.end();
  }
  await verify(part, checksum, url);
  await rename(part, path);
}

async function receive(url: string, part: string, signal: AbortSignal, onProgress: Progress): Promise<void> {
  const had = (await stat(part).catch(() => ({ size: 0 }))).size;
  const headers = { 'accept-encoding': 'identity', ...(had > 0 && { range: `bytes=${had}-` }) };
  const response = await fetch(url, { headers, signal });
  if (had > 0 && response.status === 416) return; // there is no more: the checksum tells whether it is all
  const chunks = chunksOf(url, response);
  const continues = response.status === 206;
  let done = continues ? had : 0;
  const length = Number(response.headers.get('content-length') ?? 0);
  const file = await open(part, continues ? 'a' : 'w');
  try {
    for await (const chunk of chunks) {
      await file.writeFile(chunk);
      done += chunk.length;
      onProgress(done, length && length + (continues ? had : 0));
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function verify(part: string, checksum: string, url: string): Promise<void> {
  const [algorithm, expected] = checksum.split(':') as [string, string];
  const found = await checksumOf(part, algorithm);
  if (found === expected) return;
  await rm(part);
  throw otherBytes(url, `what came has ${algorithm} ${found}, expected ${expected}; it was thrown away`);
}

/** Errors of the network that `fetch` throws have no call of the system in them. */
function isOfDisk(e: unknown): boolean {
  return ['open', 'write', 'fsync'].includes((e as NodeJS.ErrnoException).syscall ?? '');
}
