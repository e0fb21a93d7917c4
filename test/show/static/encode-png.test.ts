import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../kernel-lib/show/static/encode-png';

/** A picture whose pixel i has the bytes that `colour` gives. */
function picture(width: number, height: number, colour: (i: number) => readonly number[]) {
  return { width, height, rgba: Uint8Array.from(Array.from({ length: width * height }, (_, i) => colour(i)).flat()) };
}

const decoded = async (png: Buffer) => Uint8Array.from(await sharp(png).ensureAlpha().raw().toBuffer());

describe('a PNG', () => {
  it('of few colours has a palette and the same pixels', async () => {
    const pixels = picture(20, 13, (i) => [i % 7, i % 5, 200, 255]);
    const png = encodePng(pixels);
    expect(png[25]).toBe(3); // the header's colour type: palette
    expect(await sharp(png).metadata()).toMatchObject({ width: 20, height: 13 });
    expect(await decoded(png)).toEqual(pixels.rgba);
  });

  it('of see-through pixels has them', async () => {
    const pixels = picture(8, 8, (i) => [255, 0, i, 4 * i]);
    expect(await decoded(encodePng(pixels))).toEqual(pixels.rgba);
  });

  it('of a photograph keeps all its colours', async () => {
    const pixels = picture(150, 150, (i) => [i & 255, i >> 8, (7 * i) & 255, 255]);
    expect(await decoded(encodePng(pixels))).toEqual(pixels.rgba);
  });

  it('of some hundred colours keeps the common ones and comes near the others', async () => {
    const pixels = picture(100, 100, (i) => (i < 8000 ? [i % 200, 0, 0, 255] : [i % 200, 1 + (i % 3), 0, 255]));
    const out = await decoded(encodePng(pixels));
    expect(out.subarray(0, 32_000)).toEqual(pixels.rgba.subarray(0, 32_000));
    expect(Math.max(...out.map((byte, i) => Math.abs(byte - (pixels.rgba[i] as number))))).toBeLessThanOrEqual(3);
  });
});
