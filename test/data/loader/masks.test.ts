import { beforeAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../../kernel-lib/data/augment/index';
import { camvid } from '../../../kernel-lib/data/sets/camvid';
import { codeOf } from '../../matchers';
import { sharedData } from '../../shared-data';
import { mask, plain, put, scratchFolder } from '../files';

const training: Pipeline = { kind: 'segmentation', scale: [16, 8], ratio: [0.5, 2], crop: [8, 8], flip: 0.5, photometric: true };
const evaluating: Pipeline = { kind: 'segmentation-evaluation', scale: [16, 8] };
const numbers = [0, 1, 2, 3, 11, 5, 6, 7];

describe('images with masks', async () => {
  const at = await scratchFolder();
  beforeAll(async () => {
    for (let i = 0; i < 4; i++) {
      await put(at(`set/train/${i}.png`), await plain(i, 4, 2));
      await put(at(`set/trainannot/${i}.png`), await mask(numbers, 4));
    }
  });

  it('give labels for every pixel, -1 where ignored', async () => {
    const { train } = await camvid(at('set'));
    const loader = train.batches({ size: 1, shuffle: false, workers: 0, pipeline: { ...evaluating, scale: [4, 2] } as Pipeline });
    const { labels, imageShape, images } = await loader.next();
    expect([[...labels], imageShape, images.length]).toEqual([[0, 1, 2, 3, -1, 5, 6, 7], [3, 2, 4], 24]);
    loader.dispose();
  });

  it('are augmented together, the same whatever the number of workers', async () => {
    const { train } = await camvid(at('set'));
    const batches = async (workers: number): Promise<string[]> => {
      const loader = train.batches({ size: 2, seed: 3, workers, pipeline: training });
      const seen: string[] = [];
      for (let i = 0; i < 4; i++) {
        const { images, labels, imageShape } = await loader.next();
        expect([imageShape, labels.length]).toEqual([[3, 8, 8], 2 * 64]);
        seen.push(JSON.stringify([[...images], [...labels]]));
      }
      loader.dispose();
      return seen;
    };
    expect(await batches(2)).toEqual(await batches(0));
  });

  it('of several sizes come one by one, or are refused together', async () => {
    for (const [i, width] of [4, 8].entries()) {
      await put(at(`sizes/train/${i}.png`), await plain(i, width, 8));
      await put(at(`sizes/trainannot/${i}.png`), await mask(Array(8 * width).fill(3), width));
    }
    const { train } = await camvid(at('sizes'));
    const one = train.batches({ size: 1, shuffle: false, workers: 0, pipeline: evaluating });
    const shapes = [(await one.next()).imageShape, (await one.next()).imageShape];
    expect(shapes).toEqual([[3, 16, 8], [3, 8, 8]]); // biome-ignore format: a pair
    one.dispose();
    for (const workers of [0, 2]) {
      const both = train.batches({ size: 2, workers, pipeline: evaluating });
      await expect(both.next()).rejects.toMatchObject({ code: 'batch-shape' });
      both.dispose();
    }
  });

  it('are refused by what would lose or mix up their labels', async () => {
    const { train } = await camvid(at('set'));
    expect(codeOf(() => train.batches({ size: 1, pipeline: { kind: 'evaluation', crop: 8 } }))).toBe('loader-options');
    expect(codeOf(() => train.batches({ size: 2, pipeline: training, mixing: { classes: 11 } }))).toBe('loader-options');
  });

  it.each([
    ['of another size', () => mask(numbers.slice(0, 4), 2), 'mask-shape'],
    ['with a number that is no class', () => mask([0, 1, 2, 3, 12, 5, 6, 7], 4), 'label-out-of-range'],
    ['that is cut short', async () => (await mask(numbers, 4)).subarray(0, 50), 'mask-unreadable'],
  ])('stop or are left out with a mask %s', async (name, wrong, code) => {
    for (const i of [0, 1]) {
      await put(at(`${name}/train/${i}.png`), await plain(i, 4, 2));
      await put(at(`${name}/trainannot/${i}.png`), i === 1 ? await wrong() : await mask(numbers, 4));
    }
    const { train } = await camvid(at(name));
    const options = { size: 2, shuffle: false, workers: 0, pipeline: { ...evaluating, scale: [4, 2] } as Pipeline };
    const stops = train.batches(options);
    await expect(stops.next()).rejects.toMatchObject({ code, at: expect.stringContaining('1.png') });
    stops.dispose();
    const skips = train.batches({ ...options, onBad: 'skip' });
    const { count, labels } = await skips.next();
    expect([count, [...labels], skips.report().skipped.map((s) => s.code)]).toEqual([1, [0, 1, 2, 3, -1, 5, 6, 7], [code]]);
    skips.dispose();
  });
});

it.skipIf(!sharedData('camvid-sample'))('real street scenes have labels of 11 classes', async () => {
  const { train } = await camvid(sharedData('camvid-sample') as string);
  const loader = train.batches({ size: 2, workers: 1, pipeline: { kind: 'segmentation', scale: [480, 360], crop: [256, 256], flip: 0.5 } });
  const { labels, images } = await loader.next();
  expect([labels.length, images.length]).toEqual([2 * 256 * 256, 2 * 3 * 256 * 256]);
  expect([Math.min(...new Set(labels)) >= -1, Math.max(...new Set(labels)) <= 10, new Set(labels).size > 4]).toEqual([true, true, true]);
  loader.dispose();
});
