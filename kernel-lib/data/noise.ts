import { key, uniform } from '../random/random';
import { type Dataset, dataset } from './dataset';

export interface NoiseOptions {
  readonly count?: number;
  readonly channels?: number;
  readonly height?: number;
  readonly width?: number;
  readonly classes?: number;
  readonly seed?: number;
}

const DEFAULTS = { count: 256, channels: 3, height: 32, width: 32, classes: 10, seed: 0 } as const;

/**
 * Random pixels with random labels, for benchmarks and tests.
 *
 * @example
 * const stream = data.noise({ height: 224, width: 224, count: 32 }).batches({ size: 16 });
 */
export function noise(options: NoiseOptions = {}): Dataset {
  const { count, channels, height, width, classes, seed } = { ...DEFAULTS, ...options };
  const pixels = uniform(key(seed, 0, 0, 'noise.images'), count * channels * height * width, 0, 256);
  return dataset({
    images: Uint8Array.from(pixels),
    labels: Int32Array.from(uniform(key(seed, 0, 0, 'noise.labels'), count, 0, classes)),
    count,
    channels,
    height,
    width,
    classes,
    mean: Array<number>(channels).fill(0.5),
    std: Array<number>(channels).fill(0.2887), // of a uniform draw in [0, 1): sqrt(1 / 12)
  });
}
