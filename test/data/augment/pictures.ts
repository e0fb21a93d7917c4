import type { RawImage, RawMask, RawSample } from '../../../kernel-lib/data/augment/image';
import { key, uniform } from '../../../kernel-lib/random/random';

/** Noise: no two pictures of it are alike by chance. */
export function noisy(width: number, height: number, seed = 0): RawImage {
  return { width, height, data: Uint8Array.from(uniform(key(seed, 0, 0, 'picture'), 3 * width * height, 0, 256)) };
}

/** Columns of classes 0 .. 7, each in a grey of its own that tells it. */
export function striped(width: number, height: number): RawSample {
  const labels = Uint8Array.from({ length: width * height }, (_, i) => Math.floor((8 * (i % width)) / width));
  const mask: RawMask = { width, height, data: labels };
  return {
    image: { width, height, data: Uint8Array.from({ length: 3 * labels.length }, (_, i) => 30 * labels[Math.floor(i / 3)]!) },
    mask,
  };
}

/** Width and height of pictures that nobody expects. */
export const extremes: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 700],
  [2000, 3],
  [2, 2],
];
