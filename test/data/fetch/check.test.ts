import { describe, expect, it } from 'vitest';
import { check } from '../../../kernel-lib/data/fetch/check';
import { sharedData } from '../../shared-data';
import { mask, plain, put, scratchFolder } from '../files';

describe('a check of a folder', async () => {
  const at = await scratchFolder();

  it('counts what is there, and names what is missing or cannot be used', async () => {
    for (const i of [0, 1, 2]) {
      await put(at(`camvid/train/${i}.png`), await plain(i, 2, 2));
      await put(at(`camvid/trainannot/${i}.png`), await mask([0, 1, i === 1 ? 99 : 2, 11], 2));
    }
    await put(at('camvid/train/2.png'), 'nothing');
    await put(at('camvid/train/3.png'), await plain(3));
    const seen: number[][] = [];
    const report = await check('camvid', at('camvid'), { onProgress: (...progress) => void seen.push(progress) });
    expect(report).toEqual({
      name: 'camvid',
      folder: at('camvid'),
      parts: [
        { name: 'train', count: 3, expected: 367 },
        { name: 'val', count: 0, expected: 101 },
        { name: 'test', count: 0, expected: 233 },
      ],
      missing: ['val: no image of it', 'test: no image of it'],
      bad: [
        { path: at('camvid/train/3.png'), code: 'mask-missing', says: expect.any(String) },
        { path: at('camvid/train/2.png'), code: 'image-unreadable', says: expect.any(String) },
        { path: at('camvid/trainannot/1.png'), code: 'label-out-of-range', says: expect.stringContaining('is 99') },
      ],
      complete: false,
    });
    expect(seen.at(-1)).toEqual([3, 3]);
    expect((await check('camvid', at('camvid'), { decode: false })).bad.map(({ code }) => code)).toEqual(['mask-missing']);
  });

  it('compares files that the manifest lists', async () => {
    await put(at('cifar/test.bin'), Buffer.alloc(3074));
    const { missing, bad, complete } = await check('cifar100', at('cifar'));
    expect([missing, bad[0], complete]).toEqual([
      [at('cifar/train.bin')],
      { path: at('cifar/test.bin'), code: 'file-size', says: '3074 bytes, expected 30740000' },
      false,
    ]);
  });

  it('of nothing is a report as well', async () => {
    expect(await check('ade20k', at('none'))).toMatchObject({
      parts: [],
      bad: [{ path: at('none'), code: 'data-not-found' }],
      complete: false,
    });
    await expect(check('imagenot', at('none'))).rejects.toMatchObject({ code: 'data-unknown' });
  });
});

it.skipIf(!sharedData('ade20k-sample'))('real samples have nothing bad in them', async () => {
  const { parts, bad } = await check('ade20k', sharedData('ade20k-sample') as string);
  expect([parts.map(({ count }) => count), bad]).toEqual([[5, 2], []]);
});
