import { describe, expect, it } from 'vitest';
import type { ClassificationPipeline } from '../../../kernel-lib/data/augment/pipeline';
import { transformOf } from '../../../kernel-lib/data/augment/transform-of';
import { extremes, noisy } from './pictures';
import { difference } from './reference';

const deit: ClassificationPipeline = {
  kind: 'classification',
  size: 24,
  randAugment: 'rand-m9-mstd0.5-inc1',
  colorJitter: 0.4,
  erase: { probability: 0.25 },
};
const at = (place: number, epoch = 0, seed = 0) => ({ seed, epoch, place });

/** The normalised numbers of a picture. */
function made(pipeline: ClassificationPipeline, image = noisy(40, 30), key = at(0)): Float32Array {
  const { picture, write } = transformOf(pipeline);
  const out = new Float32Array(3 * pipeline.size ** 2);
  write(picture({ image }, key).image, key, out);
  return out;
}

describe('the pipeline of a classifier', () => {
  it('is a function of picture and key, whoever asks and in whatever order', () => {
    const image = noisy(40, 30);
    const forwards = [0, 1, 2, 3].map((place) => made(deit, image, at(place)));
    const backwards = [3, 2, 1, 0].map((place) => made(structuredClone(deit), image, at(place)));
    expect(backwards.reverse()).toEqual(forwards);
  });

  it('makes another picture at another place, in another epoch, from another seed', () => {
    const pictures = [at(0), at(1), at(0, 1), at(0, 0, 1)].map((key) =>
      String(made({ kind: 'classification', size: 8 }, noisy(40, 30), key)),
    );
    expect(new Set(pictures).size).toBe(4);
  });

  it('normalises with the statistics of ImageNet, or those given', () => {
    const white = { width: 5, height: 5, data: new Uint8Array(75).fill(255) };
    expect(made({ kind: 'classification', size: 2 }, white)).toEqual(
      Float32Array.from([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225].flatMap((v) => [v, v, v, v])),
    );
    const own = made({ kind: 'classification', size: 1, mean: [0, 0.5, 1], std: [1, 0.5, 2] }, white);
    expect([...own]).toEqual([1, 1, 0]);
  });

  it('mirrors with the probability given', () => {
    const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
    const pipeline = { kind: 'classification', size: 2, padding: 0 } as const;
    const mirrored = (flip: number) =>
      Array.from({ length: 400 }, (_, place) => transformOf({ ...pipeline, flip }).picture({ image }, at(place)).image.data[0] === 255);
    expect(mirrored(0).filter(Boolean)).toHaveLength(0);
    expect(mirrored(1).filter(Boolean)).toHaveLength(400);
    expect(mirrored(0.5).filter(Boolean).length / 400).toBeCloseTo(0.5, 1);
  });

  it('leaves colour jitter out beside RandAugment, as timm, unless told otherwise', () => {
    const { colorJitter: _, ...without } = deit;
    const image = noisy(40, 30);
    for (let place = 0; place < 10; place++) expect(made(deit, image, at(place))).toEqual(made(without, image, at(place)));
    expect(made({ ...deit, jitterBesideRandAugment: true }, image)).not.toEqual(made(deit, image));
  });

  it('jitters between 1 - strength and 1 + strength', () => {
    const grey = { width: 4, height: 4, data: new Uint8Array(48).fill(100) };
    const { picture } = transformOf({ kind: 'classification', size: 4, padding: 0, colorJitter: 0.4 });
    const levels = Array.from({ length: 500 }, (_, place) => picture({ image: grey }, at(place)).image.data[0] as number);
    expect(Math.min(...levels)).toBeLessThan(64);
    expect(Math.min(...levels)).toBeGreaterThanOrEqual(59); // brightness alone changes a single grey
    expect(Math.max(...levels)).toBeGreaterThan(136);
    expect(Math.max(...levels)).toBeLessThanOrEqual(140);
  });

  it('cuts from a padded picture where padding is given', () => {
    const image = noisy(8, 8);
    const { picture } = transformOf({ kind: 'classification', size: 8, padding: 2, flip: 0 });
    const corners = Array.from({ length: 300 }, (_, place) => picture({ image }, at(place)).image);
    expect(corners.some((p) => difference(p, image) === 0)).toBe(true);
    expect(new Set(corners.map(({ data }) => String(data))).size).toBe(25); // 5 x 5 places
  });

  it.each(extremes)('takes %d x %d pixels', (width, height) => {
    for (let place = 0; place < 8; place++) expect(made(deit, noisy(width, height), at(place)).every(Number.isFinite)).toBe(true);
  });

  it('refuses a picture whose bytes do not fit its size', () => {
    expect(() => made(deit, { width: 3, height: 3, data: new Uint8Array(26) })).toThrow(/3x3 pixels takes 27 bytes, given 26/);
    expect(() => made(deit, { width: 0, height: 3, data: new Uint8Array(0) })).toThrow(/at least one pixel/);
  });
});
