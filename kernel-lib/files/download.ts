import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MesaError } from '../errors';
import { writeAtomically } from './atomic-write';
import { chunksOf, offline, otherBytes, stalling } from './web';

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
  const stall = stalling();
  const hash = createHash('sha256');
  try {
    const response = await fetch(url, { signal: stall.signal });
    const total = Number(response.headers.get('content-length') ?? 0);
    for await (const chunk of chunksOf(url, response)) {
      stall.more();
      hash.update(chunk);
      got.bytes += chunk.length;
      onProgress?.(got.bytes, total);
      yield chunk;
    }
  } catch (e) {
    throw e instanceof MesaError ? e : offline(url, e as Error, options.otherwise);
  } finally {
    stall.end();
  }
  got.sha256 = hash.digest('hex');
  if (options.sha256 === undefined || got.sha256 === options.sha256) return;
  throw otherBytes(url, `${got.bytes} bytes have sha256 ${got.sha256}, expected ${options.sha256}; they were thrown away`);
}
