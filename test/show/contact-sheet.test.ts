import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { RawImage } from '../../kernel-lib/data/augment/image';
import { augmentations } from '../../kernel-lib/show/augmentations';
import { type ContactSheet, contactSheet } from '../../kernel-lib/show/contact-sheet';
import { inJupyter } from '../../kernel-lib/show/display';
import { noisy, striped } from '../data/augment/pictures';

async function pixels({ png, width, height }: ContactSheet) {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([width, height]);
  return (x: number, y: number) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)];
}

const plain = (width: number, height: number, ...color: number[]): RawImage => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => color[i % 3] as number),
});

describe('contactSheet', () => {
  it('lays pictures out in rows, on white', async () => {
    const sheet = contactSheet([plain(5, 4, 255, 0, 0), plain(3, 4, 0, 255, 0), plain(5, 2, 0, 0, 255)], { columns: 2 });
    expect([sheet.width, sheet.height]).toEqual([14, 12]);
    const at = await pixels(sheet);
    expect([at(4, 3), at(5, 0), at(9, 0), at(12, 0), at(0, 8), at(0, 10), at(9, 8)]).toEqual(
      [[255, 0, 0], [255, 255, 255], [0, 255, 0], [255, 255, 255], [0, 0, 255], [255, 255, 255], [255, 255, 255]], // biome-ignore format: pixels
    );
  });

  it('shows itself as a picture', () => {
    const sheet = contactSheet([plain(2, 2, 1, 2, 3)]);
    expect(sheet[inJupyter]()).toEqual({ 'image/png': sheet.png, 'text/plain': '[1 pictures]' });
  });
});

describe('augmentations', () => {
  const plainCrop = { kind: 'classification', size: 6, padding: 0, flip: 0 } as const;

  it('shows what the model is fed: normalised and back, the picture itself where nothing is changed', async () => {
    const image = noisy(6, 6);
    const at = await pixels(augmentations([{ image }], plainCrop, { count: 2 }));
    expect(at(3, 4)).toEqual([...image.data.subarray(3 * 27, 3 * 28)]);
    expect(at(13, 4)).toEqual(at(3, 4));
  });

  it('takes the samples in turn, and mixes them where told', async () => {
    const samples = [{ image: plain(6, 6, 200, 0, 0) }, { image: plain(6, 6, 0, 0, 200) }];
    const at = await pixels(augmentations(samples, plainCrop, { count: 2 }));
    expect([at(0, 0), at(10, 0)]).toEqual([[200, 0, 0], [0, 0, 200]]); // biome-ignore format: pixels
    const mixed = await pixels(augmentations(samples, plainCrop, { count: 2, mixing: { classes: 2, cutmix: 0 } }));
    const [red, , blue] = mixed(0, 0) as [number, number, number];
    expect(Math.abs(red + blue - 200)).toBeLessThanOrEqual(1);
    expect(Math.min(red, blue)).toBeGreaterThan(0);
  });

  it('lays masks over their pictures, hatched where ignored', async () => {
    const sheet = augmentations([striped(32, 16)], { kind: 'segmentation-evaluation', scale: [32, 16], pad: [32, 32] }, { count: 1 });
    const at = await pixels(sheet);
    expect(at(1, 1)).toEqual([64, 0, 0]); // class 0: grey 0 and half of its colour, 128 0 0
    const padding = Array.from({ length: 12 }, (_, x) => at(x, 24));
    expect(padding.filter(([red]) => red === 62)).toHaveLength(3);
    expect(padding.filter(([red]) => red === 124)).toHaveLength(9);
  });
});
