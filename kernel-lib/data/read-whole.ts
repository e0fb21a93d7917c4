import { readFile } from 'node:fs/promises';
import { MesaError } from '../errors';

/** Reads a file of a data set; one that is missing is a typed error that says how to get it. */
export async function readWhole(path: string, howToGet: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (e) {
    throw new MesaError('data-not-found', { at: path, says: `cannot be read (${(e as NodeJS.ErrnoException).code})`, try: howToGet });
  }
}
