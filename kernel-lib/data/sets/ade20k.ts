import { join } from 'node:path';
import type { MaskCodes } from '../decode/mask-codes';
import { readClassNames } from './class-names';
import type { MaskedFiles } from './image-files';
import { pairs } from './pairs';
import { nothingIn, type ReadOptions } from './problems';

export interface Ade20kOptions extends ReadOptions, Partial<MaskCodes> {}

export interface Ade20k {
  readonly train: MaskedFiles;
  readonly val: MaskedFiles;
}

/** Those of SceneParse150: 0 is 'other', 1 .. 150 are the classes. */
const DEFAULTS = { classes: 150, offset: 1, ignore: [0] } as const;
const HOW_TO_GET =
  "data.get('ade20k'), or ADEChallengeData2016.zip unpacked: images/ and annotations/, each with training/ and validation/";

/**
 * ADE20K as the scene parsing benchmark SceneParse150 has it, or masks of other classes in the same folders.
 *
 * @example
 * const { train, val } = await data.ade20k('datasets/ade20k');
 * const four = await data.ade20k('ade20k-4class', { classes: 4 });
 */
export async function ade20k(folder: string, { onBad, ...given }: Ade20kOptions = {}): Promise<Ade20k> {
  const codes: MaskCodes = { ...DEFAULTS, ...given };
  const classNames = await readClassNames(folder, codes);
  const part = (name: string) =>
    pairs({
      images: join(folder, 'images', name),
      masks: join(folder, 'annotations', name),
      codes,
      classNames,
      howToGet: HOW_TO_GET,
      ...(onBad && { onBad }),
    });
  const parts: Ade20k = { train: await part('training'), val: await part('validation') };
  if (parts.train.count + parts.val.count === 0) throw nothingIn(folder, 'no image with a mask', HOW_TO_GET);
  return parts;
}
