import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { unpack } from '../../../kernel-lib/data/fetch/unpack';
import { put, scratchFolder } from '../files';
import { tarOf, tgz, zip } from './archives';

const files = { 'Set/a.txt': 'one', 'Set/deep/er/b.txt': 'two' };

describe('an archive', async () => {
  const at = await scratchFolder();

  it.each([
    ['set.tgz', () => tgz(files)],
    ['set.zip', async () => zip({ 'Set/': '', ...files })],
  ])('is unpacked without its top folder: %s', async (name, make) => {
    const archive = await put(at(name), await make());
    await unpack(archive, at(`${name} out`), 100);
    expect(await readFile(at(`${name} out/a.txt`), 'utf8')).toBe('one');
    expect(await readFile(at(`${name} out/deep/er/b.txt`), 'utf8')).toBe('two');
  });

  it.each([
    ['larger.tgz', () => tgz(files), 5],
    ['larger.zip', async () => zip(files), 5],
    ['link.tgz', () => tgz(files, { 'Set/link': '/etc/passwd' }), 100],
    ['link.zip', async () => zip({ 'Set/link': '/etc/passwd' }, 0o120777), 100],
    ['out.tar.gz', async () => tarOf('Set/../../out.txt', 'x'), 100],
    ['absolute.tar.gz', async () => tarOf('/tmp/mesa-out.txt', 'x'), 100],
  ])('is refused where it is not what it should be: %s', async (name, make, most) => {
    const archive = await put(at(`bad/${name}`), await make());
    await expect(unpack(archive, at(`bad/${name} out`), most)).rejects.toMatchObject({ code: 'archive-refused', at: archive });
    for (const path of ['link', '../out.txt', '../../out.txt']) expect(existsSync(at(`bad/${name} out/${path}`))).toBe(false);
  });

  it.each([
    ['cut.tgz', async () => (await tgz(files)).subarray(0, 60)],
    ['cut.zip', async () => zip(files).subarray(0, 60)],
    ['out.zip', async () => zip({ 'Set/../../out.txt': 'x' })],
    ['something.tgz', async () => Buffer.from('hello')],
  ])('is named where it cannot be read: %s', async (name, make) => {
    const archive = await put(at(`corrupt/${name}`), await make());
    await expect(unpack(archive, at(`corrupt/${name} out`), 100)).rejects.toMatchObject({ code: 'archive-corrupt', at: archive });
  });
});
