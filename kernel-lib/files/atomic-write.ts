import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MAX_TRANSFER_BYTES } from './limits';

/** Content of a file, in parts, which may come as they are fetched. */
type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a file so that its path always holds either the old content or all of the new, also after a power cut.
 *
 * @example
 * await writeAtomically('out/weights.safetensors', chunks);
 */
export async function writeAtomically(path: string, chunks: Chunks): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`); // the same folder: rename is atomic within one file system only
  try {
    await writeAndSync(temporary, chunks);
    await replaceWith(temporary, path);
  } catch (e) {
    await rm(temporary, { force: true });
    throw e;
  }
}

/** Gives a whole, synced file of the same folder its name, for good. */
export async function replaceWith(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

async function writeAndSync(path: string, chunks: Chunks): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const chunk of chunks) await writeAll(file, chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** `write` may write less than it is given. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    done += (await file.write(chunk, done, Math.min(chunk.byteLength - done, MAX_TRANSFER_BYTES))).bytesWritten;
  }
}

/** Makes the rename itself durable. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows cannot open a folder, and needs no such call
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
