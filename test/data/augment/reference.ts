import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawImage } from '../../../kernel-lib/data/augment/image';

interface Packed {
  readonly width: number;
  readonly height: number;
  readonly data: string;
}

const file = JSON.parse(readFileSync(join(__dirname, 'fixtures/reference.json'), 'utf8')) as {
  readonly image: Packed;
  readonly cases: Readonly<Record<string, Packed>>;
};

const unpacked = ({ width, height, data }: Packed): RawImage => ({ width, height, data: new Uint8Array(Buffer.from(data, 'base64')) });

/** The picture that bench/fixtures/augment.py gives to Pillow and OpenCV. */
export const original: RawImage = unpacked(file.image);

/** What they made of it. */
export function reference(name: string): RawImage {
  return unpacked(file.cases[name] as Packed);
}

/** The largest difference of two pictures, in levels. */
export function difference(a: RawImage, b: RawImage): number {
  if (a.width !== b.width || a.height !== b.height) throw new Error(`${a.width}x${a.height} beside ${b.width}x${b.height}`);
  return a.data.reduce((most, v, i) => Math.max(most, Math.abs(v - (b.data[i] as number))), 0);
}
