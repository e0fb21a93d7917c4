import { MesaError } from '../../errors';
import type { RawImage } from '../augment/image';
import { readWhole } from '../read-whole';
import { loadSharp } from './load-sharp';

/** A picture of a small file can be huge: what a loader holds at once stays bounded. */
const MOST_PIXELS = 50e6;

/**
 * Decodes a JPEG or PNG file as 8-bit RGB, upright as its Exif says. Grey becomes three equal channels, 16 bits their upper 8, alpha is left
 * out, CMYK is converted; colour profiles are not applied, as in the published pipelines. A file that is cut short is an error.
 *
 * @example
 * const { width, height, data } = await decodeImage('cat.jpg');
 */
export async function decodeImage(file: string | Uint8Array): Promise<RawImage> {
  const bytes = typeof file === 'string' ? await readWhole(file, 'a file that is there') : file;
  const sharp = await loadSharp();
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: MOST_PIXELS, ignoreIcc: true })
      .autoOrient()
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (e) {
    throw new MesaError('image-unreadable', {
      ...(typeof file === 'string' && { at: file }),
      says: `cannot be decoded (${(e as Error).message.split('\n')[0]})`,
      try: 'fetching the file again, or leaving such files out: onBad: "skip"',
    });
  }
}
