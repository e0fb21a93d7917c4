import { key as keyOf, permutation } from '../../random/random';
import { draws, type SampleKey } from './draws';
import { brightness, contrast, saturation } from './enhance';
import type { RawImage } from './image';
import { between } from './random-crop';

const changes = [brightness, contrast, saturation] as const;

/** Brightness, contrast and saturation in random order, each by a factor 1 - strength .. 1 + strength. */
export function colorJitter(strength: number): (image: RawImage, key: SampleKey) => RawImage {
  return (image, key) => {
    const factors = draws(key, 'color-jitter', changes.length);
    const order = permutation(keyOf(key.seed, key.epoch, key.place, 'augment.color-jitter-order'), changes.length);
    return order.reduce(
      (picture, which) =>
        (changes[which] as typeof brightness)(picture, between([Math.max(0, 1 - strength), 1 + strength], factors[which] as number)),
      image as RawImage,
    );
  };
}
