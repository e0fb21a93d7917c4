import { mkdir, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { imageFolder } from '../../../kernel-lib/data/sets/image-folder';
import { plain, put, scratchFolder } from '../files';

describe('a folder for each class', async () => {
  const at = await scratchFolder();

  it('numbers the classes in sorted order, and sees pictures alone', async () => {
    for (const name of ['rose/b.PNG', 'rose/a.jpeg', 'daisy/c.jpg', 'rose/notes.txt', 'rose/._a.jpeg', '.git/x.png', 'readme.md'])
      await put(at(`flowers/${name}`), await plain(1));
    const set = await imageFolder(at('flowers'));
    expect(set.images).toEqual(['daisy/c.jpg', 'rose/a.jpeg', 'rose/b.PNG'].map((name) => at(`flowers/${name}`)));
    expect([[...set.labels], set.classNames, set.classes, set.count]).toEqual([[0, 1, 1], ['daisy', 'rose'], 2, 3]);
  });

  it('may be a link, even one that leads round in a circle', async () => {
    await put(at('linked/a/1.png'), await plain(1));
    await symlink(at('linked/a'), at('linked/b'));
    await symlink(at('linked'), at('linked/a/again'));
    await symlink(at('nowhere'), at('linked/broken'));
    expect((await imageFolder(at('linked'))).images).toEqual([at('linked/a/1.png'), at('linked/b/1.png')]);
  });

  it('without pictures stops, or keeps its number and is reported', async () => {
    await mkdir(at('gap/a'), { recursive: true });
    await put(at('gap/b/1.png'), await plain(1));
    await expect(imageFolder(at('gap'))).rejects.toMatchObject({ code: 'class-empty', at: at('gap/a') });
    const set = await imageFolder(at('gap'), { onBad: 'skip' });
    expect([set.count, ...set.labels]).toEqual([1, 1]);
    expect(set.batches({ size: 1, pipeline: { kind: 'evaluation', crop: 8 } }).report().skipped).toMatchObject([
      { path: at('gap/a'), code: 'class-empty', times: 1 },
    ]);
  });

  it('is asked for where there is none', async () => {
    await expect(imageFolder(at('none'))).rejects.toMatchObject({ code: 'data-not-found', at: at('none') });
  });
});
