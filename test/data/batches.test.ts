import { describe, expect, it } from 'vitest';
import { batches } from '../../kernel-lib/data/batches';
import { dataset } from '../../kernel-lib/data/dataset';
import { noise } from '../../kernel-lib/data/noise';

const data = noise({ count: 10, height: 2, width: 3, channels: 2, classes: 4, seed: 3 });
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('batches', () => {
  it('normalise each channel of the samples they name', async () => {
    const set = dataset({ ...data, mean: [0.1, 0.9], std: [0.5, 2] });
    const { images, labels, indices, imageShape } = await set.batches({ size: 4, seed: 1 }).next();
    expect(imageShape).toEqual([2, 2, 3]);
    indices.forEach((sample, i) => {
      expect(labels[i]).toBe(data.labels[sample]);
      for (let p = 0; p < 12; p++) {
        const byte = data.images[sample * 12 + p] as number;
        expect(images[i * 12 + p]).toBe(Math.fround((byte / 255 - (p < 6 ? 0.1 : 0.9)) / (p < 6 ? 0.5 : 2)));
      }
    });
  });

  it('show every sample once an epoch, in another order each time', async () => {
    const stream = batches(data, { size: 4, seed: 1 });
    const epochs: number[][] = [];
    for (let e = 0; e < 3; e++) {
      const seen: number[] = [];
      for await (const { indices, epoch } of stream) {
        expect(epoch).toBe(e);
        seen.push(...indices);
      }
      epochs.push(seen);
      expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(new Set(epochs.map(String)).size).toBe(3);
  });

  it('come in the same order from the same seed, prefetched or not', async () => {
    const [a, b] = [batches(data, { size: 3, seed: 5 }), batches(data, { size: 3, seed: 5 })];
    const other = batches(data, { size: 10, seed: 6 });
    const orders: string[][] = [[], []];
    for (let i = 0; i < 9; i++) {
      orders[0]?.push(String((await a.next()).indices));
      await turn(); // lets a prefetch, b does not get its turn
      orders[1]?.push(String((await b.next()).indices));
    }
    expect(orders[0]).toEqual(orders[1]);
    expect(String((await other.next()).indices)).not.toBe(String((await batches(data, { size: 10, seed: 5 }).next()).indices));
  });

  it('stay in order without shuffling', async () => {
    const stream = batches(data, { size: 4, shuffle: false });
    const seen: number[] = [];
    for await (const { indices } of stream) seen.push(...indices);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('end an epoch with a short batch unless told to drop it', async () => {
    const sizes = async (dropLast: boolean): Promise<number[]> => {
      const found: number[] = [];
      for await (const { count, images } of batches(data, { size: 4, dropLast })) found.push(count, images.length);
      return found;
    };
    expect(await sizes(false)).toEqual([4, 48, 4, 48, 2, 24]);
    expect(await sizes(true)).toEqual([4, 48, 4, 48]);
    expect(batches(data, { size: 4 }).batchesPerEpoch).toBe(3);
    expect(batches(data, { size: 4, dropLast: true }).batchesPerEpoch).toBe(2);
  });

  it('go on where a saved position stands', async () => {
    const stream = batches(data, { size: 4, seed: 2 });
    for (let i = 0; i < 4; i++) await stream.next();
    await turn(); // the next one is already prefetched
    const position = JSON.parse(JSON.stringify(stream.state())) as ReturnType<typeof stream.state>;
    const copy = async (): Promise<string> => {
      const { images, indices, epoch } = await stream.next();
      return JSON.stringify({ images: [...images], indices: [...indices], epoch });
    };
    const there = [await copy(), await copy(), await copy()];
    stream.restore(position);
    await turn();
    expect([await copy(), await copy(), await copy()]).toEqual(there);
    expect(position).toEqual({ epoch: 1, batch: 1 });
  });

  it('keep a batch as it is while the next one is prefetched, and use its memory again', async () => {
    const stream = batches(data, { size: 4, seed: 2 });
    const first = await stream.next();
    const before = [...first.images];
    await turn();
    expect([...first.images]).toEqual(before);
    await stream.next();
    expect((await stream.next()).images.buffer).toBe(first.images.buffer);
  });

  it('keep a batch as it is after a restore as well', async () => {
    const stream = batches(data, { size: 4, seed: 2 });
    const position = stream.state();
    const first = await stream.next();
    const before = [...first.images];
    stream.restore({ epoch: 3, batch: 0 });
    await turn();
    expect([...first.images]).toEqual(before);
    stream.restore(position);
    expect([...(await stream.next()).images]).toEqual(before);
  });

  it('refuse sizes and positions that there are not', () => {
    for (const size of [0, -1, 1.5, 11, Number.NaN]) expect(() => batches(data, { size })).toThrow(/from 10 images/);
    const stream = batches(data, { size: 4 });
    for (const position of [
      { epoch: 0, batch: 3 },
      { epoch: -1, batch: 0 },
      { epoch: 0.5, batch: 0 },
    ]) {
      expect(() => stream.restore(position)).toThrow(/an epoch has 3/);
    }
  });
});

describe('a data set', () => {
  it.each([
    ['too few pixels', { images: data.images.subarray(1) }, /take 120 bytes, given 119/],
    ['too many labels', { labels: new Int32Array(11) }, /10 images with 11 labels/],
    ['a label beyond the classes', { classes: 2 }, /there are 2 classes/],
    ['a std of 0', { std: [1, 0] }, /do not fit 2 channels/],
    ['one mean for two channels', { mean: [0.5] }, /do not fit 2 channels/],
  ])('with %s is refused', (_, wrong, says) => {
    expect(() => dataset({ ...data, ...wrong })).toThrow(says);
  });

  it('of noise is the same from the same seed only', () => {
    const pixels = (seed: number): string => Buffer.from(noise({ count: 2, seed }).images).toString('hex');
    expect(pixels(1)).toBe(pixels(1));
    expect(pixels(1)).not.toBe(pixels(2));
    expect(new Set(noise({ classes: 10 }).labels).size).toBe(10);
  });
});
