import { readFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { MesaError } from '../../errors';

/** An image of 8-bit channels, pixel by pixel. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array; // [height, width, 3]
}

const SIGNATURE = '89504e470d0a1a0a';
const RGB = '0802000000'; // 8 bits, true colour, deflate, the five filters, not interlaced
const MAX_PIXELS = 50_000_000;

/** Reads a plain PNG: 8-bit RGB, not interlaced. Nothing else is needed for the reference images. */
export async function readPng(path: string): Promise<Pixels> {
  const file = await readFile(path);
  const refuse = (says: string): never => {
    throw new MesaError('image-format', { at: path, says, try: 'an 8-bit RGB PNG without interlacing' });
  };
  if (file.toString('hex', 0, 8) !== SIGNATURE || file.length < 33) refuse('this is not a PNG');
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  if (file.toString('hex', 24, 29) !== RGB || width * height === 0 || width * height > MAX_PIXELS)
    refuse(`${width}x${height}, or its kind of pixels, is not read`);
  const rows = inflateSync(imageData(file), { maxOutputLength: height * (1 + 3 * width) });
  if (rows.length !== height * (1 + 3 * width)) refuse('the image data is too short');
  return { width, height, rgb: unfilter(rows, 3 * width) };
}

/** The IDAT chunks, joined: length, name, data, checksum. */
function imageData(file: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at)) {
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  }
  return Buffer.concat(parts);
}

/** Each row says how it was predicted from its left (a), upper (b) and upper left (c) neighbour. */
function unfilter(rows: Uint8Array, stride: number): Uint8Array {
  const out = new Uint8Array((rows.length / (stride + 1)) * stride);
  for (let y = 0; y * stride < out.length; y++) {
    const kind = rows[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const a = x < 3 ? 0 : (out[at - 3] as number);
      const b = y === 0 ? 0 : (out[at - stride] as number);
      const c = x < 3 || y === 0 ? 0 : (out[at - stride - 3] as number);
      const guess = [0, a, b, (a + b) >> 1, paeth(a, b, c)][kind as number] ?? 0;
      out[at] = (rows[y * (stride + 1) + 1 + x] as number) + guess;
    }
  }
  return out;
}

/** The neighbour that is nearest to a + b - c. */
function paeth(a: number, b: number, c: number): number {
  const [da, db, dc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (da <= db && da <= dc) return a;
  return db <= dc ? b : c;
}
