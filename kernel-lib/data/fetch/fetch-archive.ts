import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MesaError } from '../../errors';
import type { Archive } from './manifest';

/** Told how many of how many bytes are here; `total` is 0 where the server does not say. */
export type Progress = (done: number, total: number) => void;

const STALLED_MS = 60_000; // the longest wait for the next bytes

/**
 * Fetches a large file. What an attempt that was cut off has left is continued; the path holds all of the file, with the right checksum, or
 * nothing.
 */
export async function fetchArchive({ url, checksum }: Archive, path: string, otherwise: string, onProgress?: Progress): Promise<void> {
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  const { stop, timer } = stalling();
  try {
    await receive(url, part, stop.signal, (done, total) => {
      timer.refresh();
      onProgress?.(done, total);
    });
  } catch (e) {
    throw e instanceof MesaError || isOfDisk(e) ? e : offline(url, e as Error, otherwise);
  } finally {
    clearTimeout(timer);
  }
  await verify(part, checksum, url);
  await rename(part, path);
}

function stalling(): { stop: AbortController; timer: NodeJS.Timeout } {
  const stop = new AbortController();
  return { stop, timer: setTimeout(() => stop.abort(), STALLED_MS) };
}

async function receive(url: string, part: string, signal: AbortSignal, onProgress: Progress): Promise<void> {
  const had = (await stat(part).catch(() => ({ size: 0 }))).size;
  const headers = { 'accept-encoding': 'identity', ...(had > 0 && { range: `bytes=${had}-` }) };
  const response = await fetch(url, { headers, signal });
  if (had > 0 && response.status === 416) return; // there is no more: the checksum tells whether it is all
  if (!response.ok || !response.body)
    throw new MesaError('download-refused', { at: url, says: `the server answers ${response.status} ${response.statusText}` });
  const continues = response.status === 206;
  let done = continues ? had : 0;
  const length = Number(response.headers.get('content-length') ?? 0);
  const file = await open(part, continues ? 'a' : 'w');
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
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
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(part)) hash.update(chunk as Buffer);
  const found = hash.digest('hex');
  if (found === expected) return;
  await rm(part);
  throw new MesaError('checksum', {
    at: url,
    says: `what came has ${algorithm} ${found}, expected ${expected}; it was thrown away`,
    try: 'once more; if it stays so, somebody changed the file',
  });
}

/** Errors of the network that `fetch` throws have no call of the system in them. */
function isOfDisk(e: unknown): boolean {
  return ['open', 'write', 'fsync'].includes((e as NodeJS.ErrnoException).syscall ?? '');
}

function offline(at: string, { cause, message }: Error, otherwise: string): MesaError {
  const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? (cause as Error | undefined)?.message ?? message;
  return new MesaError('offline', { at, says: `cannot be fetched (${why})`, try: otherwise });
}
