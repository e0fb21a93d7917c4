import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readPng } from '../../kernel-lib/cli/quickstart/png';

const folder = mkdtempSync(join(tmpdir(), 'mesa-lab-png-'));

function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(name), data, Buffer.alloc(4)]);
}

function png(width: number, height: number, rows: readonly (readonly number[])[], kind = [8, 2, 0, 0, 0]): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  Buffer.from(kind).copy(header, 8);
  const data = deflateSync(Buffer.from(rows.flat()));
  const path = join(folder, `${Math.random()}.png`);
  // Image data may come in several chunks.
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', data.subarray(0, 5)),
    chunk('IDAT', data.subarray(5)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  writeFileSync(path, Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]));
  return path;
}

describe('a PNG', () => {
  it('is read through each of the five filters', async () => {
    const path = png(2, 5, [
      [0, 10, 20, 30, 40, 50, 60], // as it is
      [1, 10, 20, 30, 30, 30, 30], // from the left
      [2, 1, 1, 1, 1, 1, 1], // from above
      [3, 5, 5, 5, 5, 5, 5], // from the mean of both
      [4, 1, 2, 3, 4, 5, 6], // from the nearest of left, above, upper left
    ]);
    const { width, height, rgb } = await readPng(path);
    expect([width, height]).toEqual([2, 5]);
    expect(Array.from({ length: 5 }, (_, y) => [...rgb.subarray(y * 6, y * 6 + 6)])).toEqual([
      [10, 20, 30, 40, 50, 60],
      [10, 20, 30, 40, 50, 60],
      [11, 21, 31, 41, 51, 61],
      [10, 15, 20, 30, 38, 45],
      [11, 17, 23, 34, 43, 51],
    ]);
  });

  it.each([
    ['of greys', [8, 0, 0, 0, 0]],
    ['of 16 bits', [16, 2, 0, 0, 0]],
    ['interlaced', [8, 2, 0, 0, 1]],
  ])('%s is refused', async (_, kind) => {
    await expect(readPng(png(1, 1, [[0, 1, 2, 3]], kind))).rejects.toMatchObject({ code: 'image-format' });
  });

  it('that is cut short, or none at all, is refused', async () => {
    await expect(readPng(png(4, 4, [[0, 1, 2, 3]]))).rejects.toMatchObject({ code: 'image-format' });
    writeFileSync(join(folder, 'text.png'), 'this is text and not an image, however long it may be');
    await expect(readPng(join(folder, 'text.png'))).rejects.toMatchObject({ code: 'image-format' });
  });
});
