import { MesaError } from '../../errors';
import { checkMask, type RawSample } from '../augment/image';
import { decodeImage } from '../decode/decode-image';
import { decodeMask } from '../decode/decode-mask';
import { type MaskCodes, toClasses } from '../decode/mask-codes';
import type { Item } from './source';

/** An image and, where it has one, its mask, which must fit and hold classes alone. */
export async function readSample({ image, mask }: Pick<Item, 'image' | 'mask'>, codes: MaskCodes | undefined): Promise<RawSample> {
  const decoded = await decodeImage(image as string);
  if (mask === undefined) return { image: decoded };
  const stored = await decodeMask(mask);
  try {
    checkMask(decoded, stored);
    return { image: decoded, mask: toClasses(stored, codes as MaskCodes) };
  } catch (e) {
    throw e instanceof MesaError ? e.under(mask) : e;
  }
}
