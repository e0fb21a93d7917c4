import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MesaError } from '../errors';
import { replaceWith } from './atomic-write';
import { checksumOf } from './checksum';

/** Told how many of how many bytes are here; `total` is 0 where the server does not say. */
export type Progress = (done: number, total: number) => void;

export interface DownloadOptions {
  /** As published: `md5:...`, `sha1:...` or `sha256:...`. A file that has another is thrown away. */
  readonly checksum?: string | undefined;
  /** What to try where the network is not there. */
  readonly otherwise?: string;
  readonly onProgress?: Progress | undefined;
}

const STALLED_MS = 60_000; // the longest wait for the next bytes

/**
 * Fetches a file. Its path then holds all of it, with the right checksum, or what it held before. What an attempt that was cut off has left
 * in `<path>.part` is continued, where a checksum can tell that both halves are of one file.
 *
 * @example
 * await download('https://example.org/model.safetensors', 'out/model.safetensors', { checksum: 'sha256:a0c4...' });
 */
export async function download(url: string, path: string, { checksum, otherwise, onProgress }: DownloadOptions = {}): Promise<void> {
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  if (checksum === undefined) await rm(part, { force: true });
  await receive(url, part, onProgress).catch((e: Error) => {
    throw e instanceof MesaError || isOfDisk(e) ? e : offline(url, e, otherwise);
  });
  if (checksum !== undefined) await verify(part, checksum, url);
  await replaceWith(part, path);
}

async function receive(url: string, part: string, onProgress?: Progress): Promise<void> {
  const stop = new AbortController();
  const stalled = setTimeout(() => stop.abort(), STALLED_MS);
  try {
    const had = (await stat(part).catch(() => ({ size: 0 }))).size;
    const headers = { 'accept-encoding': 'identity', ...(had > 0 && { range: `bytes=${had}-` }) };
    const response = await fetch(url, { headers, signal: stop.signal });
    if (had > 0 && response.status === 416) return; // there is no more: the checksum tells whether it is all
    const before = response.status === 206 ? had : 0;
    const length = Number(response.headers.get('content-length') ?? 0);
    await write(part, before, chunksOf(url, response), (done) => {
      stalled.refresh();
      onProgress?.(done, length && before + length);
    });
  } finally {
    clearTimeout(stalled);
  }
}

/** Adds what comes to the bytes that were there before; without any, from the start. */
async function write(part: string, before: number, chunks: AsyncIterable<Uint8Array>, told: (done: number) => void): Promise<void> {
  const file = await open(part, before > 0 ? 'a' : 'w');
  let done = before;
  try {
    for await (const chunk of chunks) {
      await file.writeFile(chunk);
      done += chunk.length;
      told(done);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The bytes of an answer as they come. */
function chunksOf(at: string, { ok, body, status, statusText }: Response): AsyncIterable<Uint8Array> {
  if (ok && body) return body as unknown as AsyncIterable<Uint8Array>;
  throw new MesaError('download-refused', { at, says: `the server answers ${status} ${statusText}` });
}

async function verify(part: string, checksum: string, url: string): Promise<void> {
  const [algorithm, expected] = checksum.split(':') as [string, string];
  const found = await checksumOf(part, algorithm);
  if (found === expected) return;
  const { size } = await stat(part);
  await rm(part);
  throw new MesaError('checksum', {
    at: url,
    says: `${size} bytes have ${algorithm} ${found}, expected ${expected}; they were thrown away`,
    try: 'once more; if it stays so, somebody changed the file',
  });
}

/** An error of `fetch` as ours, with what to try where the network is not there. */
function offline(at: string, { cause, message }: Error, otherwise: string | undefined): MesaError {
  const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? (cause as Error | undefined)?.message ?? message;
  return new MesaError('offline', { at, says: `cannot be fetched (${why})`, ...(otherwise !== undefined && { try: otherwise }) });
}

/** Errors of the network that `fetch` throws have no call of the system in them. */
function isOfDisk(e: Error): boolean {
  return ['open', 'write', 'fsync'].includes((e as NodeJS.ErrnoException).syscall ?? '');
}
