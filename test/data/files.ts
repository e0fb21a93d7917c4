import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { afterAll } from 'vitest';

/** A folder for the tests of a file; call it in a `describe`. */
export async function scratchFolder(): Promise<(path: string) => string> {
  const folder = await mkdtemp(join(tmpdir(), 'mesa-data-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (path) => join(folder, path);
}

export async function put(path: string, bytes: Uint8Array | string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

/** Raw values as a picture that sharp writes. */
export const raw = (data: Uint8Array | Uint16Array, width: number, height: number, channels: 1 | 2 | 3 | 4): Sharp =>
  sharp(data, { raw: { width, height, channels } });

/** A PNG of one colour, so that a test can tell which image it sees. */
export const plain = (shade: number, width = 8, height = 8): Promise<Buffer> =>
  raw(new Uint8Array(3 * width * height).fill(shade), width, height, 3)
    .png()
    .toBuffer();

/** An 8-bit grey PNG with these numbers. */
export const mask = (numbers: readonly number[], width: number): Promise<Buffer> =>
  raw(Uint8Array.from(numbers), width, numbers.length / width, 1)
    .toColourspace('b-w')
    .png()
    .toBuffer();

export interface PngOptions {
  readonly depth: number;
  /** 0: grey, 3: palette. */
  readonly colour: number;
  readonly interlaced?: boolean;
}

/** A PNG with lines that are already packed, without filters: what sharp cannot be told to write. */
export function png(width: number, height: number, lines: Uint8Array, { depth, colour, interlaced = false }: PngOptions): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  const stride = lines.length / height;
  const filtered = Buffer.concat(
    Array.from({ length: height }, (_, y) => [Buffer.of(0), lines.subarray(y * stride, (y + 1) * stride)]).flat(),
  );
  const palette = colour === 3 ? [chunk('PLTE', Buffer.alloc(3 << depth, 77))] : [];
  const image = chunk('IDAT', deflateSync(filtered));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...palette,
    image,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const bytes = Buffer.alloc(named.length + 8);
  bytes.writeUInt32BE(body.length, 0);
  bytes.set(named, 4);
  bytes.writeUInt32BE(crc32(named), named.length + 4);
  return bytes;
}
