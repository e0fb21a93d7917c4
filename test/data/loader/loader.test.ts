import { rm } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../../kernel-lib/data/augment/index';
import type { Batch } from '../../../kernel-lib/data/batches';
import { dataset } from '../../../kernel-lib/data/dataset';
import type { Loader } from '../../../kernel-lib/data/loader/loader';
import type { LabelledFiles } from '../../../kernel-lib/data/sets/image-files';
import { imageFolder } from '../../../kernel-lib/data/sets/image-folder';
import { codeOf } from '../../matchers';
import { plain, put, scratchFolder } from '../files';

/** As it is stored: a picture's bytes come out, which is how tests know it. */
const asIs: Pipeline = { kind: 'evaluation', crop: 8, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] };
const training: Pipeline = { kind: 'classification', size: 6, flip: 0.5, erase: { probability: 0.5 } };

/** What a batch holds, out of its memory. */
const contents = ({ count, images, labels, targets, indices, imageShape, epoch }: Batch) =>
  JSON.stringify([count, [...images], [...labels], [...(targets ?? [])], [...indices], imageShape, epoch]);
/** The shade of each image of a batch made as it is. */
const shades = ({ images, count }: Batch): number[] =>
  Array.from({ length: count }, (_, i) => Math.round(images[(i * images.length) / count] as number));
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('a loader', async () => {
  const at = await scratchFolder();
  let set: LabelledFiles;
  beforeAll(async () => {
    for (let i = 0; i < 10; i++) await put(at(`ten/class ${Math.floor(i / 5)}/${i}.png`), await plain(i));
    set = await imageFolder(at('ten'));
  });
  const using = async <T>(loader: Loader, use: (loader: Loader) => Promise<T>): Promise<T> => {
    try {
      return await use(loader);
    } finally {
      loader.dispose();
    }
  };

  it.each([
    ['augmented', { pipeline: training }],
    ['mixed', { pipeline: training, mixing: { classes: 2 } }],
    ['repeated', { pipeline: training, repeats: 3 }],
  ])('gives the same batches whatever the number of workers and batches ahead: %s', async (_, options) => {
    const epochs = (workers: number, prefetch: number): Promise<string[]> =>
      using(set.batches({ size: 4, seed: 7, workers, prefetch, ...options }), async (loader) => {
        const seen: string[] = [];
        for (let i = 0; i < 2; i++) for await (const batch of loader) seen.push(contents(batch));
        return seen;
      });
    const here = await epochs(0, 1);
    expect([here.length, new Set(here).size]).toEqual([6, 6]);
    expect(await epochs(1, 2)).toEqual(here);
    expect(await epochs(3, 4)).toEqual(here);
  });

  it('gives every image once an epoch, with its own label', async () => {
    await using(set.batches({ size: 4, workers: 1, pipeline: asIs }), async (loader) => {
      for (let epoch = 0; epoch < 2; epoch++) {
        const seen: number[] = [];
        for await (const batch of loader) {
          expect(batch.epoch).toBe(epoch);
          expect(shades(batch)).toEqual([...batch.indices]);
          expect([...batch.labels]).toEqual([...batch.indices].map((i) => Math.floor(i / 5)));
          seen.push(...batch.indices);
        }
        expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      }
    });
  });

  it('makes epochs of other samples with repeats, each augmented anew', async () => {
    const random: Pipeline = { kind: 'classification', size: 4, erase: { probability: 1 } };
    await using(set.batches({ size: 6, workers: 0, repeats: 3, pipeline: random }), async (loader) => {
      const { indices, images } = await loader.next();
      expect([indices[0], indices[1], indices[3]]).toEqual([indices[2], indices[2], indices[5]]);
      const size = images.length / 6;
      expect([...images.subarray(0, size)]).not.toEqual([...images.subarray(size, 2 * size)]);
    });
  });

  it('goes on where a saved position stands, also with batches under way', async () => {
    for (const workers of [0, 2]) {
      await using(set.batches({ size: 4, seed: 2, workers, pipeline: training }), async (loader) => {
        for (let i = 0; i < 4; i++) await loader.next();
        const position = JSON.parse(JSON.stringify(loader.state())) as ReturnType<typeof loader.state>;
        const three = async (): Promise<string[]> => [await loader.next(), await loader.next(), await loader.next()].map(String);
        const some = async (): Promise<string[]> => {
          const seen: string[] = [];
          for (let i = 0; i < 3; i++) seen.push(contents(await loader.next()));
          return seen;
        };
        const there = await some();
        loader.restore(position);
        expect(await some()).toEqual(there);
        await three();
        loader.restore({ epoch: 5, batch: 0 });
        loader.restore(position);
        expect(await some()).toEqual(there);
        expect(position).toEqual({ epoch: 1, batch: 1 });
      });
    }
  });

  it('keeps a batch as it is until the next one is asked for', async () => {
    await using(set.batches({ size: 4, workers: 2, pipeline: training }), async (loader) => {
      const batch = await loader.next();
      const before = contents(batch);
      await turn();
      loader.restore({ epoch: 3, batch: 0 });
      await turn();
      expect(contents(batch)).toBe(before);
    });
  });

  it('says how much of the time somebody waited', async () => {
    const slow = async (pause: boolean): Promise<number> =>
      using(set.batches({ size: 2, workers: 1, pipeline: asIs }), async (loader) => {
        for (let i = 0; i < 5; i++) {
          await loader.next();
          if (pause) await turn();
        }
        return loader.waiting();
      });
    const [busy, rested] = [await slow(false), await slow(true)];
    expect([busy > 0.8, busy <= 1, rested < busy, rested >= 0]).toEqual([true, true, true, true]);
  });

  it('refuses options that make no sense', () => {
    const code = (options: object): string | undefined => codeOf(() => set.batches({ size: 2, pipeline: asIs, ...options }));
    for (const size of [0, 1.5, 11, Number.NaN]) expect(code({ size })).toBe('batch-size');
    for (const options of [{ workers: -1 }, { prefetch: 0 }, { repeats: 0.5 }, { onBad: 'hope' }, { mixing: { classes: 1 } }])
      expect(code(options)).toBe('loader-options');
    expect(codeOf(() => set.batches({ size: 4, pipeline: asIs }).restore({ epoch: 0, batch: 3 }))).toBe('batch-position');
  });

  it('refuses batches once it is disposed of', async () => {
    for (const workers of [0, 2]) {
      const loader = set.batches({ size: 2, workers, pipeline: asIs });
      await loader.next();
      loader.dispose();
      await expect(loader.next()).rejects.toMatchObject({ code: 'loader-ended' });
    }
  });
});

describe('a file that cannot be used', async () => {
  const at = await scratchFolder();
  const damaged = at('some/b/5.png');
  let set: LabelledFiles;
  const repair = async (): Promise<string> => put(damaged, await plain(5));
  const damage = async (): Promise<string> => put(damaged, (await plain(5)).subarray(0, 40));
  beforeAll(async () => {
    for (let i = 0; i < 8; i++) await put(at(`some/${i < 4 ? 'a' : 'b'}/${i}.png`), await plain(i));
    set = await imageFolder(at('some'));
  });

  it.each([0, 2])('stops with its name, and the batch comes once it is repaired (%i workers)', async (workers) => {
    await damage();
    const loader = set.batches({ size: 4, shuffle: false, workers, pipeline: asIs });
    await loader.next();
    await expect(loader.next()).rejects.toMatchObject({ code: 'image-unreadable', at: damaged, message: expect.stringContaining('onBad') });
    expect(loader.state()).toEqual({ epoch: 0, batch: 1 });
    await repair();
    expect(shades(await loader.next())).toEqual([4, 5, 6, 7]);
    loader.dispose();
  });

  it.each([0, 3])('is left out and counted, and no label moves (%i workers)', async (workers) => {
    await damage();
    const loader = set.batches({ size: 4, shuffle: false, workers, pipeline: asIs, onBad: 'skip' });
    for (let epoch = 0; epoch < 2; epoch++) {
      await loader.next();
      const short = await loader.next();
      expect([short.count, shades(short), [...short.labels], [...short.indices]]).toEqual([3, [4, 6, 7], [1, 1, 1], [4, 6, 7]]);
    }
    expect(loader.report()).toEqual({
      read: 14,
      skipped: [{ path: damaged, code: 'image-unreadable', says: expect.stringContaining('cannot be decoded'), times: 2 }],
    });
    loader.dispose();
  });

  it('may be missing by now', async () => {
    await rm(damaged);
    const loader = set.batches({ size: 8, shuffle: false, workers: 1, pipeline: asIs, onBad: 'skip' });
    expect((await loader.next()).count).toBe(7);
    expect(loader.report().skipped).toMatchObject([{ path: damaged, code: 'data-not-found' }]);
    loader.dispose();
  });

  it('alone in a batch makes the next batch come, and an epoch of such files an error', async () => {
    await damage();
    const alone = set.batches({ size: 1, shuffle: false, workers: 1, pipeline: asIs, onBad: 'skip' });
    const seen: number[] = [];
    for await (const batch of alone) seen.push(...batch.indices);
    expect(seen).toEqual([0, 1, 2, 3, 4, 6, 7]);
    alone.dispose();
    for (const i of [0, 1, 2, 3, 4]) await put(at(`none/a/${i}.png`), 'nothing');
    const none = (await imageFolder(at('none'))).batches({ size: 1, workers: 0, pipeline: asIs, onBad: 'skip' });
    await expect(none.next()).rejects.toMatchObject({ code: 'data-empty', message: expect.stringContaining('a/') });
  });
});

describe('files that cannot be used at the end of an epoch', async () => {
  const at = await scratchFolder();

  it('end it, and the next one starts with its first batch', async () => {
    for (let i = 0; i < 8; i++) await put(at(`end/a/${i}.png`), i < 3 ? await plain(i) : 'nothing');
    const loader = (await imageFolder(at('end'))).batches({
      size: 1,
      shuffle: false,
      workers: 1,
      prefetch: 1,
      pipeline: asIs,
      onBad: 'skip',
    });
    for (let epoch = 0; epoch < 2; epoch++) {
      const seen: number[][] = [];
      for await (const batch of loader) seen.push([batch.epoch, ...shades(batch)]);
      expect(seen).toEqual([0, 1, 2].map((shade) => [epoch, shade]));
    }
    loader.dispose();
  });
});

describe('a data set in memory', () => {
  const pixels = Uint8Array.from({ length: 3 * 3 * 4 * 4 }, (_, i) => i);
  const statistics = { mean: [0, 0, 0], std: [1, 1, 1] };
  const colour = dataset({
    images: pixels,
    labels: Uint8Array.of(2, 0, 1),
    count: 3,
    channels: 3,
    height: 4,
    width: 4,
    classes: 3,
    ...statistics,
  });

  it('comes through the same loader, planes in order', async () => {
    for (const workers of [0, 2]) {
      const loader = colour.batches({ size: 3, shuffle: false, workers, pipeline: { ...asIs, crop: 4 } as Pipeline });
      const { images, labels } = await loader.next();
      expect([images.map(Math.round), labels]).toEqual([Float32Array.from(pixels), Int32Array.of(2, 0, 1)]);
      loader.dispose();
    }
  });

  it('is upscaled by the pipeline', async () => {
    const loader = colour.batches({ size: 2, workers: 1, pipeline: { kind: 'classification', size: 12, flip: 0.5 } });
    const { images, imageShape } = await loader.next();
    expect([imageShape, images.length, images.every(Number.isFinite)]).toEqual([[3, 12, 12], 2 * 3 * 144, true]);
    loader.dispose();
  });

  it('in grey has three equal planes', async () => {
    const grey = dataset({
      images: Uint8Array.of(1, 2, 3, 4),
      labels: Uint8Array.of(0),
      count: 1,
      channels: 1,
      height: 2,
      width: 2,
      classes: 1,
      mean: [0],
      std: [1],
    });
    const { images } = await grey.batches({ size: 1, workers: 0, pipeline: { ...asIs, crop: 2 } as Pipeline }).next();
    expect([...images].map(Math.round)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
  });
});
