import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cifar100 } from '../../kernel-lib/data/cifar100';
import { sharedData } from '../shared-data';

const RECORD = 3074;

/** `n` records: fine label i, every byte of the red plane i, of the green 100 + i, of the blue 200. */
function records(n: number, label = (i: number): number => i): Buffer {
  return Buffer.concat(
    Array.from({ length: n }, (_, i) =>
      Buffer.concat([Buffer.of(7, label(i)), Buffer.alloc(1024, i), Buffer.alloc(1024, 100 + i), Buffer.alloc(1024, 200)]),
    ),
  );
}

describe('CIFAR-100', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const names = Array.from({ length: 100 }, (_, i) => `class ${i}`).join('\n');
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mesa-cifar-'));
    await writeFile(at('fine_label_names.txt'), `${names}\n`);
    await writeFile(at('test.bin'), records(2));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads records of two labels and three planes', async () => {
    await writeFile(at('train_10000.bin'), records(3));
    const { train, test } = await cifar100(folder);
    expect([train.count, test.count, train.classes, train.classNames?.[99]]).toEqual([3, 2, 100, 'class 99']);
    expect([...train.labels]).toEqual([0, 1, 2]);
    expect([0, 1023, 1024, 2048].map((p) => train.images[3072 + p])).toEqual([1, 1, 101, 200]);
  });

  it('prefers the whole training set', async () => {
    await writeFile(at('train.bin'), records(5));
    expect((await cifar100(folder)).train.count).toBe(5);
    await rm(at('train.bin'));
  });

  it.each([
    ['a short last record', records(2).subarray(0, -1), /6147 bytes are 1 records of 3074 and 3073 left over/],
    ['an empty file', Buffer.alloc(0), /0 bytes/],
    ['a label out of range', records(2, () => 100), /record 0 has fine label 100/],
  ])('refuses %s', async (_, bytes, says) => {
    await writeFile(at('train_10000.bin'), bytes);
    await expect(cifar100(folder)).rejects.toThrow(says);
    await expect(cifar100(folder)).rejects.toMatchObject({ code: 'data-corrupt', at: at('train_10000.bin') });
  });

  it('says what is missing and where to get it', async () => {
    await rm(at('train_10000.bin'));
    await expect(cifar100(folder)).rejects.toMatchObject({
      code: 'data-not-found',
      message: expect.stringContaining('cifar-100-binary.tar.gz'),
    });
  });
});

it.skipIf(!sharedData('cifar100'))('the published CIFAR-100 reads as published', async () => {
  const { train, test } = await cifar100(sharedData('cifar100') as string);
  expect(test.count).toBe(10_000);
  expect([...test.labels.subarray(0, 5)].map((l) => test.classNames?.[l])).toEqual(['mountain', 'forest', 'seal', 'mushroom', 'sea']);
  expect(new Set(train.labels).size).toBe(100);
  expect(test.images.length).toBe(10_000 * (RECORD - 2));
});
