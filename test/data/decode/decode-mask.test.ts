import { describe, expect, it } from 'vitest';
import { decodeMask } from '../../../kernel-lib/data/decode/decode-mask';
import { toClasses } from '../../../kernel-lib/data/decode/mask-codes';
import { key, uniform } from '../../../kernel-lib/random/random';
import { sharedData } from '../../shared-data';
import { mask, png, put, raw, scratchFolder } from '../files';

describe('a mask', async () => {
  const at = await scratchFolder();

  it('in 8-bit grey is read as stored', async () => {
    const numbers = [0, 1, 150, 255, 7, 8];
    expect(await decodeMask(await mask(numbers, 3))).toEqual({ width: 3, height: 2, data: Uint8Array.from(numbers) });
  });

  it('is the same whatever filters and sizes of blocks the encoder chose', async () => {
    const smooth = Uint8Array.from({ length: 90 * 70 }, (_, i) => (i % 90) * 2 + Math.floor(i / 90));
    const noise = Uint8Array.from(uniform(key(1, 0, 0, 'mask'), 90 * 70, 0, 256));
    for (const numbers of [smooth, noise]) {
      const file = await raw(numbers, 90, 70, 1).toColourspace('b-w').png({ adaptiveFiltering: true }).toBuffer();
      expect((await decodeMask(file)).data).toEqual(numbers);
    }
  });

  it.each([
    [1, [0b10110001, 0b01000000], 3, [1, 0, 1, 0, 1, 0]],
    [2, [0b10110001, 0b01000000], 3, [2, 3, 0, 1, 0, 0]],
    [4, [0xb1, 0x40], 2, [11, 1, 4, 0]],
    [8, [5, 6, 7, 200, 0, 1], 3, [5, 6, 7, 200, 0, 1]],
  ])('with a palette of %i bits gives indices, not colours', async (depth, lines, width, want) => {
    expect([...(await decodeMask(png(width, 2, Uint8Array.from(lines), { depth, colour: 3 }))).data]).toEqual(want);
  });

  it('of grey levels below 8 bits is not scaled', async () => {
    expect([...(await decodeMask(png(4, 1, Uint8Array.of(0b00011011), { depth: 2, colour: 0 }))).data]).toEqual([0, 1, 2, 3]);
  });

  it.each([
    ['colours', () => raw(new Uint8Array(12), 2, 2, 3).png().toBuffer(), /colour type 2/],
    ['16 bits', () => raw(new Uint16Array(4), 2, 2, 1).toColourspace('grey16').png().toBuffer(), /16 bits/],
    ['a JPEG', () => raw(new Uint8Array(64), 8, 8, 1).toColourspace('b-w').jpeg().toBuffer(), /not a PNG/],
    ['interlaced lines', async () => png(4, 1, Uint8Array.of(1, 2, 3, 4), { depth: 8, colour: 0, interlaced: true }), /interlaced/],
    ['too few pixels', async () => png(4, 2, Uint8Array.of(1, 2, 3, 4), { depth: 8, colour: 0 }), /bytes of pixels/],
    ['too many pixels', async () => png(1, 2, Uint8Array.of(1, 2, 3, 4), { depth: 8, colour: 0 }), /cannot be read/],
    ['no bytes', async () => Buffer.alloc(0), /not a PNG/],
  ])('of %s is refused', async (name, make, says) => {
    const path = await put(at(`${name}.png`), await make());
    await expect(decodeMask(path)).rejects.toMatchObject({ code: 'mask-unreadable', at: path, message: expect.stringMatching(says) });
  });

  it('with any byte changed or missing is refused', async () => {
    const file = await mask(
      Array.from({ length: 48 }, (_, i) => i),
      8,
    );
    for (let i = 0; i < file.length; i++) {
      const changed = Buffer.from(file);
      changed[i] = (changed[i] as number) ^ 0x55;
      await expect(decodeMask(changed), `byte ${i}`).rejects.toMatchObject({ code: 'mask-unreadable' });
      await expect(decodeMask(file.subarray(0, i)), `${i} bytes`).rejects.toMatchObject({ code: 'mask-unreadable' });
    }
  });
});

describe('numbers of a mask', () => {
  const codes = { classes: 3, offset: 1, ignore: [0, 9] };
  const of = (...data: number[]) => ({ width: data.length, height: 1, data: Uint8Array.from(data) });

  it('become classes, and 255 where ignored', () => {
    expect([...toClasses(of(0, 1, 2, 3, 9), codes).data]).toEqual([255, 0, 1, 2, 255]);
  });

  it.each([4, 255])('that are no class are refused: %i', (number) => {
    expect(() => toClasses(of(1, 0, number), codes)).toThrow(`pixel (2, 0) of the mask is ${number}`);
  });

  it('below the first class are refused', () => {
    expect(() => toClasses(of(0), { ...codes, ignore: [] })).toThrow(/which is no class/);
  });
});

it.skipIf(!sharedData('ade20k-4class'))('a real mask has its classes', async () => {
  const folder = sharedData('ade20k-sample/annotations/validation') as string;
  const { width, height, data } = await decodeMask(`${folder}/ADE_val_00000001.png`);
  expect(data.length).toBe(width * height);
  expect(Math.max(...new Set(data))).toBeLessThanOrEqual(150);
});
