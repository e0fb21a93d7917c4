import { join } from 'node:path';
import type { MaskCodes } from '../decode/mask-codes';
import { type MaskedFiles, maskedFiles } from './image-files';
import { imagesIn, stem } from './listing';
import { Problems, type ReadOptions } from './problems';

interface Pairs extends ReadOptions {
  /** Folders of the images and of their masks: `a.jpg` belongs to `a.png`. */
  readonly images: string;
  readonly masks: string;
  readonly codes: MaskCodes;
  readonly classNames?: readonly string[] | undefined;
  readonly howToGet: string;
}

/** Images with the mask of the same name. */
export async function pairs({ images, masks, codes, classNames, howToGet, onBad }: Pairs): Promise<MaskedFiles> {
  const problems = new Problems(onBad);
  const named = byStem(await imagesIn(images));
  const maskNamed = byStem(await imagesIn(masks));
  const found: { image: string; mask: string }[] = [];
  for (const [name, files] of named) {
    const [image, mask] = [join(images, files[0] as string), maskNamed.get(name)];
    if (files.length > 1) problems.add(image, 'name-twice', `${files.join(' and ')} have the same mask`, 'one image for a mask');
    else if (!mask) problems.add(image, 'mask-missing', `has no mask ${join(masks, `${name}.png`)}`);
    else if (mask.length > 1) problems.add(image, 'name-twice', `has the masks ${mask.join(' and ')}`, 'one mask for an image');
    else found.push({ image, mask: join(masks, mask[0] as string) });
  }
  for (const [name, [file]] of maskNamed)
    if (!named.has(name)) problems.add(join(masks, file as string), 'image-missing', `is a mask of no image in ${images}`);
  return maskedFiles({
    folder: images,
    howToGet,
    images: found.map(({ image }) => image),
    masks: found.map(({ mask }) => mask),
    codes,
    classes: codes.classes,
    ...(classNames && { classNames }),
    skipped: problems.found,
  });
}

function byStem(files: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of files) found.set(stem(file), [...(found.get(stem(file)) ?? []), file]);
  return found;
}
