import { MesaError } from '../../errors';
import type { RawMask } from '../augment/image';
import { readWhole } from '../read-whole';
import { readIndexedPng } from './indexed-png';

/**
 * Reads the numbers of a PNG of up to 8 bits a pixel as they are stored: grey levels are not scaled and palettes not looked up.
 *
 * @example
 * const { data } = await decodeMask('annotations/training/ADE_train_00000001.png');
 */
export async function decodeMask(file: string | Uint8Array): Promise<RawMask> {
  const bytes = typeof file === 'string' ? await readWhole(file, 'a file that is there') : file;
  try {
    return readIndexedPng(bytes);
  } catch (e) {
    throw new MesaError('mask-unreadable', {
      ...(typeof file === 'string' && { at: file }),
      says: `cannot be read as a mask (${(e as Error).message})`,
      try: 'a PNG with one grey level or palette index of up to 8 bits a pixel',
    });
  }
}
