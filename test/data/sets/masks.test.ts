import { describe, expect, it } from 'vitest';
import { ade20k } from '../../../kernel-lib/data/sets/ade20k';
import { camvid } from '../../../kernel-lib/data/sets/camvid';
import { sharedData } from '../../shared-data';
import { mask, plain, put, scratchFolder } from '../files';

describe('images with masks', async () => {
  const at = await scratchFolder();

  it('are pairs of the same name: ADE20K', async () => {
    for (const name of ['b', 'a']) {
      await put(at(`ade/images/training/${name}.jpg`), await plain(1));
      await put(at(`ade/annotations/training/${name}.png`), await mask([0, 1, 2, 150], 2));
    }
    await put(
      at('ade/objectInfo150.csv'),
      `Idx,Ratio,Train,Val,Stuff,Name\n${Array.from({ length: 150 }, (_, i) => `${i + 1},0.1,2,3,1,thing ${i}\n`).join('')}`,
    );
    const { train, val } = await ade20k(at('ade'));
    expect(train.images).toEqual([at('ade/images/training/a.jpg'), at('ade/images/training/b.jpg')]);
    expect(train.masks).toEqual([at('ade/annotations/training/a.png'), at('ade/annotations/training/b.png')]);
    expect([train.classes, train.classNames?.[149], val.count]).toEqual([150, 'thing 149', 0]);
    expect((await ade20k(at('ade'), { classes: 4, ignore: [], offset: 0 })).train.codes).toEqual({ classes: 4, ignore: [], offset: 0 });
  });

  it('are pairs of the same name: CamVid', async () => {
    await put(at('camvid/test/s.png'), await plain(1));
    await put(at('camvid/testannot/s.png'), await mask([11], 1));
    const { train, val, test } = await camvid(at('camvid'));
    expect([train.count, val.count, test.count, test.codes.ignore]).toEqual([0, 0, 1, [11]]);
  });

  it.each([
    ['an image without a mask', ['train/a.png', 'train/b.png', 'trainannot/a.png'], 'mask-missing', 'train/b.png'],
    ['a mask without an image', ['train/a.png', 'trainannot/a.png', 'trainannot/b.png'], 'image-missing', 'trainannot/b.png'],
    [
      'two images of a name',
      ['train/a.png', 'train/b.jpg', 'train/b.png', 'trainannot/a.png', 'trainannot/b.png'],
      'name-twice',
      'train/b.jpg',
    ],
    [
      'two masks of a name',
      ['train/a.png', 'train/b.png', 'trainannot/a.png', 'trainannot/b.png', 'trainannot/b.jpg'],
      'name-twice',
      'train/b.png',
    ],
  ])('stop or leave out %s', async (name, files, code, path) => {
    for (const file of files) await put(at(`${name}/${file}`), await plain(1));
    await expect(camvid(at(name))).rejects.toMatchObject({ code, at: at(`${name}/${path}`) });
    const { train } = await camvid(at(name), { onBad: 'skip' });
    expect([train.images, train.skipped.map(({ path, code }) => [path, code])]).toEqual([
      [at(`${name}/train/a.png`)],
      [[at(`${name}/${path}`), code]],
    ]);
  });

  it('are asked for where there are none', async () => {
    await expect(ade20k(at('none'))).rejects.toMatchObject({ code: 'data-not-found', at: at('none') });
    await expect(camvid(at('none'))).rejects.toMatchObject({ code: 'data-not-found', at: at('none') });
  });
});

describe.skipIf(!sharedData('ade20k-4class'))('the real samples', () => {
  it('have their pairs and the names of their classes', async () => {
    const ade = await ade20k(sharedData('ade20k-sample') as string);
    expect([ade.train.count, ade.val.count, ade.val.classNames?.[0]]).toEqual([5, 2, 'wall']);
    const four = await ade20k(sharedData('ade20k-4class') as string, { classes: 4 });
    expect([four.train.count, four.val.count, four.train.classNames]).toEqual([125, 33, ['wall', 'floor', 'window', 'ceiling']]);
    const { train, test } = await camvid(sharedData('camvid-sample') as string);
    expect([train.count, test.count, train.classNames?.[10]]).toEqual([30, 12, 'Bicyclist']);
  });
});
