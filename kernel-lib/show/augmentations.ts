import { IGNORED, type RawImage, type RawMask, type RawSample } from '../data/augment/image';
import { mixing } from '../data/augment/mixing';
import { denormalise, IMAGENET } from '../data/augment/normalise';
import type { Mixing, Pipeline } from '../data/augment/pipeline';
import { transformOf } from '../data/augment/transform-of';
import { type ContactSheet, type ContactSheetOptions, contactSheet } from './contact-sheet';
import { overlay } from './overlay';

export interface AugmentationsOptions extends ContactSheetOptions {
  /** How many pictures. */
  readonly count?: number;
  readonly seed?: number;
  readonly epoch?: number;
  /** Also mixes them, as a batch. */
  readonly mixing?: Mixing;
}

const DEFAULTS = { count: 12, seed: 0, epoch: 0 } as const;

/**
 * What a model is fed of some samples: each in turn through the pipeline, seen back from the normalised numbers; masks are laid over.
 *
 * @example
 * const image = await data.decodeImage('cat.jpg');
 * show(augmentations([{ image }], { kind: 'classification', size: 224, randAugment: 'rand-m9-mstd0.5-inc1' }));
 */
export function augmentations(samples: readonly RawSample[], pipeline: Pipeline, options: AugmentationsOptions = {}): ContactSheet {
  const { count, seed, epoch } = { ...DEFAULTS, ...options };
  const { picture, write } = transformOf(pipeline);
  const made = Array.from({ length: count }, (_, place) => {
    const key = { seed, epoch, place };
    const { image, mask } = picture(samples[place % samples.length] as RawSample, key);
    const planes = new Float32Array(3 * image.width * image.height);
    write(image, key, planes);
    return { image, mask, planes };
  });
  if (options.mixing) mix(made, options.mixing, { seed, epoch, batch: 0 });
  const seen = made.map(({ image, mask, planes }) => {
    const shown = denormalise({ ...IMAGENET, ...pipeline }, planes, image.height, image.width);
    return mask ? overlay(shown, mask, IGNORED) : shown;
  });
  return contactSheet(seen, options);
}

interface Made {
  readonly image: RawImage;
  readonly mask: RawMask | undefined;
  readonly planes: Float32Array;
}

function mix(made: readonly Made[], recipe: Mixing, key: { readonly seed: number; readonly epoch: number; readonly batch: number }): void {
  const { height, width } = (made[0] as Made).image;
  const size = 3 * height * width;
  const images = new Float32Array(made.length * size);
  made.forEach(({ planes }, i) => {
    images.set(planes, i * size);
  });
  mixing(recipe)({ count: made.length, images, imageShape: [3, height, width], labels: new Int32Array(made.length) }, key);
  made.forEach(({ planes }, i) => {
    planes.set(images.subarray(i * size, (i + 1) * size));
  });
}
