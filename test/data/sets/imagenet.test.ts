import { describe, expect, it } from 'vitest';
import { imagenet } from '../../../kernel-lib/data/sets/imagenet';
import { sharedData } from '../../shared-data';
import { plain, put, scratchFolder } from '../files';

const [TENCH, SHARK, HEN] = ['n01440764', 'n01484850', 'n01514859'];
const LIST = `${TENCH} tench, Tinca tinca\nn01443537 goldfish\n${SHARK} great white shark\n${HEN} hen\n`;

describe('ImageNet', async () => {
  const at = await scratchFolder();
  const image = async (path: string): Promise<string> => put(at(path), await plain(1));

  it('gives a few classes their number among all of them', async () => {
    await put(at('some/imagenet1k_classes.txt'), LIST);
    for (const path of [`some/train/${SHARK}/a.JPEG`, `some/train/${TENCH}/b.JPEG`, `some/val/${HEN}/c.JPEG`]) await image(path);
    const { train, val } = await imagenet(at('some'));
    expect([[...train.labels], [...val.labels], train.classes, val.classNames?.[2]]).toEqual([[0, 2], [3], 4, 'great white shark']);
  });

  it('without a list numbers the folders of the training set, for both parts', async () => {
    for (const path of [`own/train/${TENCH}/a.png`, `own/train/${HEN}/a.png`, `own/val/${HEN}/a.png`]) await image(path);
    const { train, val } = await imagenet(at('own'));
    expect([[...train.labels], [...val.labels], val.classes]).toEqual([[0, 1], [1], 2]);
    await image(`own/val/${SHARK}/a.png`);
    await expect(imagenet(at('own'))).rejects.toMatchObject({ code: 'class-unknown', at: at(`own/val/${SHARK}`) });
    const skipping = await imagenet(at('own'), { onBad: 'skip' });
    expect([[...skipping.val.labels], skipping.val.skipped[0]?.path]).toEqual([[1], at(`own/val/${SHARK}`)]);
  });

  it('with one part only is an error when the other one is asked for batches', async () => {
    await image(`half/val/${TENCH}/a.png`);
    const { train, val } = await imagenet(at('half'));
    expect([train.count, val.count]).toEqual([0, 1]);
    const pipeline = { kind: 'evaluation', crop: 8 } as const;
    expect(() => train.batches({ size: 1, pipeline })).toThrow(expect.objectContaining({ code: 'data-not-found', at: at('half/train') }));
    await expect(imagenet(at('none'))).rejects.toMatchObject({ code: 'data-not-found' });
  });

  it.each([
    ['wnids', 'val/labels.csv', `file,wnid\nx.JPEG,${HEN}\ny.JPEG,${TENCH}\n`],
    ['Kaggle', 'LOC_val_solution.csv', `ImageId,PredictionString\nx,${HEN} 1 2 3 4\ny,${TENCH} 5 6 7 8 ${TENCH} 1 2 3 4\n`],
    ['Caffe', 'val.txt', 'x.JPEG 3\ny.JPEG 0\n'],
  ])('reads a flat val with labels as %s has them', async (kind, path, text) => {
    const folder = `flat ${kind}`;
    await put(at(`${folder}/imagenet1k_classes.txt`), LIST);
    for (const name of ['x', 'y']) await image(`${folder}/val/${name}.JPEG`);
    await put(at(`${folder}/${path}`), text);
    const { val } = await imagenet(at(folder));
    expect([val.images, [...val.labels]]).toEqual([
      [at(`${folder}/val/x.JPEG`), at(`${folder}/val/y.JPEG`)],
      [3, 0],
    ]);
  });

  it.each([
    ['a number beyond the classes', 'x.JPEG 3\ny.JPEG 4\n', 'class-unknown'],
    ['a file without a line', 'x.JPEG 3\n', 'label-missing'],
    ['a line without a file', 'x.JPEG 3\ny.JPEG 0\nz.JPEG 1\n', 'image-missing'],
    ['two lines for a file', 'x.JPEG 3\nx.JPEG 0\ny.JPEG 0\n', 'data-corrupt'],
    ["the devkit's numbers without names", '490\n361\n', 'data-corrupt'],
  ])('refuses a flat val with %s', async (name, text, code) => {
    await put(at(`${name}/imagenet1k_classes.txt`), LIST);
    for (const file of ['x', 'y']) await image(`${name}/val/${file}.JPEG`);
    await put(at(`${name}/my labels.txt`), text);
    await expect(imagenet(at(name), { labels: 'my labels.txt' })).rejects.toMatchObject({ code });
    await expect(imagenet(at(name))).rejects.toMatchObject({ code: 'labels-not-found' });
  });

  it('refuses a list of classes with a line that is none', async () => {
    await put(at('odd/imagenet1k_classes.txt'), `${LIST}hen\n`);
    await expect(imagenet(at('odd'))).rejects.toMatchObject({ code: 'data-corrupt', message: expect.stringContaining("line 5 is 'hen'") });
  });
});

describe.skipIf(!sharedData('imagenet-sample'))('the real sample', () => {
  const folder = sharedData('imagenet-sample') as string;

  it('has ten classes with their numbers among 1,000', async () => {
    const { train, val } = await imagenet(folder);
    expect([train.count, val.count, val.classes, val.classNames?.[497]]).toEqual([1000, 300, 1000, 'church, church building']);
    expect([...new Set(val.labels)]).toEqual([0, 217, 482, 491, 497, 566, 569, 571, 574, 701]);
  });

  it('has a flat folder with a table of labels', async () => {
    const { val } = await imagenet(folder, { val: 'one-per-class' });
    expect([val.count, val.labels[0], val.labels[1], new Set(val.labels).size]).toEqual([46, 17, 42, 46]);
  });
});
