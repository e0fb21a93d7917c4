import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MesaError } from '../errors';
import { writeAtomically } from './atomic-write';

export interface DownloadOptions {
  /** What the file must have; a file that has another is thrown away. */
  readonly sha256?: string | undefined;
  /** What to try where the network is not there. */
  readonly otherwise?: string;
  /** Told how far it is; `total` is what the server says, 0 when it says nothing. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was fetched. */
export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

const STALLED_MS = 60_000; // the longest wait for the next bytes

/**
 * Fetches a file. Its path then holds all of it, with the right checksum, or what it held before.
 *
 * @example
 * await download('https://example.org/model.safetensors', 'out/model.safetensors', { sha256: 'a0c4...' });
 */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<Downloaded> {
  const got = { bytes: 0, sha256: '' };
  await mkdir(dirname(path), { recursive: true });
  await writeAtomically(path, fetched(url, options, got));
  return got;
}

/** The bytes as they come. Throws at their end when they are not the right ones, so that they never get their name. */
async function* fetched(url: string, { onProgress, ...options }: DownloadOptions, got: { bytes: number; sha256: string }) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), STALLED_MS);
  const hash = createHash('sha256');
  try {
    const response = await fetch(url, { signal: stop.signal });
    if (!response.ok || !response.body)
      throw new MesaError('download-refused', { at: url, says: `the server answers ${response.status} ${response.statusText}` });
    const total = Number(response.headers.get('content-length') ?? 0);
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      timer.refresh();
      hash.update(chunk);
      got.bytes += chunk.length;
      onProgress?.(got.bytes, total);
      yield chunk;
    }
  } catch (e) {
    throw e instanceof MesaError ? e : offline(url, e as Error, options.otherwise);
  } finally {
    clearTimeout(timer);
  }
  got.sha256 = hash.digest('hex');
  if (options.sha256 !== undefined && got.sha256 !== options.sha256) throw wrong(url, got, options.sha256);
}

function offline(at: string, { cause, message }: Error, otherwise: string | undefined): MesaError {
  const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? (cause as Error | undefined)?.message ?? message;
  return new MesaError('offline', { at, says: `cannot be fetched (${why})`, ...(otherwise !== undefined && { try: otherwise }) });
}

function wrong(at: string, { bytes, sha256 }: Downloaded, expected: string): MesaError {
  return new MesaError('checksum', {
    at,
    says: `${bytes} bytes have sha256 ${sha256}, expected ${expected}; they were thrown away`,
    try: 'once more; if it stays so, somebody changed the file',
  });
}
