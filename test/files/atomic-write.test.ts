import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeAtomically } from '../../kernel-lib/files/atomic-write';

describe('an atomic write', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mesa-atomic-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('replaces a file by all chunks in order', async () => {
    const path = join(folder, 'x');
    await writeFile(path, 'old');
    await writeAtomically(path, [Buffer.from('one '), Buffer.from('two')]);
    expect(await readFile(path, 'utf8')).toBe('one two');
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('leaves the old file and no other when a chunk cannot be made', async () => {
    const path = join(folder, 'x');
    await writeFile(path, 'old');
    function* chunks(): Generator<Uint8Array> {
      yield Buffer.from('new');
      throw new Error('no more');
    }
    await expect(writeAtomically(path, chunks())).rejects.toThrow('no more');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('fails where the folder is missing', async () => {
    await expect(writeAtomically(join(folder, 'none', 'x'), [])).rejects.toThrow(/ENOENT/);
  });
});
