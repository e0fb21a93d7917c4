import { MesaError } from '../../errors';
import { key as keyOf, normal } from '../../random/random';
import { affine, rotation } from './affine';
import { draws, type SampleKey } from './draws';
import { brightness, contrast, saturation, sharpness } from './enhance';
import type { RawImage } from './image';
import type { Interpolation } from './pipeline';
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from './tables';

/** What an operation is told besides the picture. */
interface Setting {
  /** 0 .. 1: the magnitude by ten. */
  readonly level: number;
  /** 1 or -1. */
  readonly sign: number;
  /** Of the pixels that come from outside. */
  readonly fill: readonly number[];
  readonly interpolation: Interpolation;
}

type Operation = (image: RawImage, setting: Setting) => RawImage;

const STRONGEST = 10;
const PROBABILITY = 0.5; // of each chosen operation
const factor = ({ level, sign }: Setting): number => Math.max(0.1, 1 + 0.9 * sign * level);

/** timm's set whose operations change a picture the more the larger the magnitude is. */
export const operations: Readonly<Record<string, Operation>> = {
  autoContrast,
  equalize,
  invert,
  rotate: (image, { level, sign, fill, interpolation }) => affine(image, rotation(image, 30 * sign * level), fill, interpolation),
  posterize: (image, { level }) => posterize(image, 4 - Math.trunc(4 * level)),
  solarize: (image, { level }) => solarize(image, 256 - Math.trunc(256 * level)),
  solarizeAdd: (image, { level }) => solarizeAdd(image, Math.trunc(110 * level)),
  color: (image, setting) => saturation(image, factor(setting)),
  contrast: (image, setting) => contrast(image, factor(setting)),
  brightness: (image, setting) => brightness(image, factor(setting)),
  sharpness: (image, setting) => sharpness(image, factor(setting)),
  shearX: (image, { level, sign, fill, interpolation }) => affine(image, [1, 0.3 * sign * level, 0, 0, 1, 0], fill, interpolation),
  shearY: (image, { level, sign, fill, interpolation }) => affine(image, [1, 0, 0, 0.3 * sign * level, 1, 0], fill, interpolation),
  translateX: (image, { level, sign, fill, interpolation }) =>
    affine(image, [1, 0, 0.45 * sign * level * image.width, 0, 1, 0], fill, interpolation),
  translateY: (image, { level, sign, fill, interpolation }) =>
    affine(image, [1, 0, 0, 0, 1, 0.45 * sign * level * image.height], fill, interpolation),
};

const all = Object.values(operations);

/** RandAugment as timm 0.3.2: `count` operations drawn with replacement, each applied with probability 1/2. */
export function randAugment(
  notation: string,
  fill: readonly number[],
  interpolation: Interpolation,
): (image: RawImage, key: SampleKey) => RawImage {
  const { magnitude, spread, count } = parse(notation);
  return (image, key) => {
    const u = draws(key, 'rand-augment', 3 * count);
    const noise = normal(keyOf(key.seed, key.epoch, key.place, 'augment.magnitude'), count, spread);
    return Array.from({ length: count }, (_, i) => i).reduce((picture, i) => {
      const [which, applied, side] = u.subarray(3 * i) as unknown as [number, number, number];
      if (applied >= PROBABILITY) return picture;
      const level = Math.min(STRONGEST, Math.max(0, magnitude + (noise[i] as number))) / STRONGEST;
      const operation = all[Math.floor(which * all.length)] as Operation;
      return operation(picture, { level, sign: side < 0.5 ? 1 : -1, fill, interpolation });
    }, image);
  };
}

interface Settings {
  readonly magnitude: number;
  /** Standard deviation of the magnitude. */
  readonly spread: number;
  readonly count: number;
}

/** Of `rand-m9-mstd0.5-inc1`: magnitude, its spread, the increasing set; `n` operations. */
export function parse(notation: string): Settings {
  const [name, ...parts] = notation.split('-');
  const values = new Map(parts.map((part) => [part.replace(/[\d.]+$/, ''), Number(/[\d.]+$/.exec(part)?.[0])]));
  const known = [...values].every(([part, value]) => ['m', 'mstd', 'n', 'inc'].includes(part) && Number.isFinite(value));
  if (name !== 'rand' || !known || values.get('inc') !== 1) {
    throw new MesaError('augment-option', {
      at: 'pipeline.randAugment',
      says: `'${notation}' is not known here`,
      try: "'rand-m9-mstd0.5-inc1': m magnitude, mstd its spread, n operations a picture (2); only the increasing set (inc1) is there",
    });
  }
  return { magnitude: values.get('m') ?? STRONGEST, spread: values.get('mstd') ?? 0, count: values.get('n') ?? 2 };
}
