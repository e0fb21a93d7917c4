import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../../kernel-lib/data/decode/decode-image';
import { MesaError } from '../../../kernel-lib/errors';
import { key, uniform } from '../../../kernel-lib/random/random';
import { sharedData } from '../../shared-data';
import { plain, put, raw, scratchFolder } from '../files';

const ramp = (n: number, step: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i * step);
const wide = (n: number, step: number): Uint16Array => Uint16Array.from({ length: n }, (_, i) => i * step);
const pixels = async (file: Promise<Buffer> | Buffer): Promise<number[]> => [...(await decodeImage(await file)).data];

describe('an image file', () => {
  it('of 8-bit RGB comes as it is', async () => {
    expect(await decodeImage(await raw(ramp(24, 9), 4, 2, 3).png().toBuffer())).toEqual({
      width: 4,
      height: 2,
      data: Buffer.from(ramp(24, 9)),
    });
  });

  it('in grey has three equal channels', async () => {
    expect(await pixels(raw(ramp(4, 30), 2, 2, 1).toColourspace('b-w').png().toBuffer())).toEqual([
      0, 0, 0, 30, 30, 30, 60, 60, 60, 90, 90, 90,
    ]);
  });

  it('loses its alpha, and the colours below it stay', async () => {
    expect(
      await pixels(
        raw(Uint8Array.of(10, 20, 30, 0, 40, 50, 60, 128), 2, 1, 4)
          .png()
          .toBuffer(),
      ),
    ).toEqual([10, 20, 30, 40, 50, 60]);
    expect(
      await pixels(
        raw(Uint8Array.of(10, 0, 40, 128), 2, 1, 2)
          .toColourspace('b-w')
          .png()
          .toBuffer(),
      ),
    ).toEqual([10, 10, 10, 40, 40, 40]);
  });

  it('of 16 bits keeps the upper 8', async () => {
    const colour = wide(12, 5000);
    expect(await pixels(raw(colour, 2, 2, 3).toColourspace('rgb16').png().toBuffer())).toEqual([...colour].map((v) => v >> 8));
    const grey = wide(4, 20000);
    expect(await pixels(raw(grey, 2, 2, 1).toColourspace('grey16').png().toBuffer())).toEqual(
      [...grey].flatMap((v) => Array(3).fill(v >> 8)),
    );
  });

  it('with a palette has its colours', async () => {
    const colours = [200, 10, 20, 0, 0, 0, 200, 10, 20, 255, 255, 255];
    expect(await pixels(raw(Uint8Array.from(colours), 2, 2, 3).png({ palette: true }).toBuffer())).toEqual(colours);
  });

  it('in CMYK is converted, to about the colours it was made from', async () => {
    const made = [220, 60, 50];
    const cmyk = raw(Uint8Array.from(Array(64).fill(made).flat()), 8, 8, 3)
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer();
    const [first] = [(await pixels(cmyk)).slice(0, 3)];
    for (const [c, value] of (first as number[]).entries()) expect(Math.abs(value - (made[c] as number))).toBeLessThan(30);
  });

  it('is turned as its Exif says', async () => {
    const left = Uint8Array.from({ length: 3 * 16 * 8 }, (_, i) => (Math.floor(i / 3) % 16 < 8 ? 250 : 5)); // bright on the left
    const { width, height, data } = await decodeImage(await raw(left, 16, 8, 3).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    expect([width, height]).toEqual([8, 16]); // turned by a quarter to the right: bright above
    expect([(data[0] as number) > 200, (data[3 * 8 * 15] as number) < 50]).toEqual([true, true]);
  });

  it('that is wide open as a bomb is refused', async () => {
    const bomb = await raw(new Uint8Array(60_000_000), 10_000, 6_000, 1).png().toBuffer();
    expect(bomb.length).toBeLessThan(1e6);
    await expect(decodeImage(bomb)).rejects.toMatchObject({ code: 'image-unreadable' });
  });
});

describe('a damaged image file', async () => {
  const at = await scratchFolder();
  const noise = Uint8Array.from(uniform(key(1, 0, 0, 'noise'), 3 * 64 * 48, 0, 256));
  let files: Record<'jpeg' | 'png', Buffer>;
  beforeAll(async () => {
    files = { jpeg: await raw(noise, 64, 48, 3).jpeg().toBuffer(), png: await raw(noise, 64, 48, 3).png().toBuffer() };
  });

  it.each(['jpeg', 'png'] as const)('cut short is noticed wherever the cut is: %s', async (kind) => {
    const file = files[kind];
    for (const share of [0, 0.01, 0.1, 0.5, 0.9, 0.99]) {
      const cut = file.subarray(0, Math.floor(share * file.length));
      await expect(decodeImage(cut), `${share} of it`).rejects.toMatchObject({ code: 'image-unreadable' });
    }
  });

  it('is an error or a picture of its size, never anything else', async () => {
    const draws = uniform(key(2, 0, 0, 'mutations'), 3 * 300);
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const file = Buffer.from(i % 2 ? files.jpeg : files.png);
      file[Math.floor((draws[3 * i] as number) * file.length)] = Math.floor((draws[3 * i + 1] as number) * 256);
      const found = await decodeImage(file).catch((e: unknown) => e);
      if (found instanceof MesaError) refused++;
      else expect((found as { data: Uint8Array; width: number; height: number }).data.length % 3).toBe(0);
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('is named', async () => {
    const path = await put(at('not an image.png'), 'hello');
    await expect(decodeImage(path)).rejects.toMatchObject({ code: 'image-unreadable', at: path });
    await expect(decodeImage(at('none.png'))).rejects.toMatchObject({ code: 'data-not-found', at: at('none.png') });
  });

  it('with the ending of another format is read as what it is', async () => {
    expect((await decodeImage(await put(at('png.jpeg'), await plain(7)))).data[0]).toBe(7);
  });
});

describe.skipIf(!sharedData('imagenet-sample'))('real files', () => {
  // Computed with Pillow 13.0: sha256 of ImageOps.exif_transpose(Image.open(file)).convert('RGB').tobytes()
  it.each([
    ['n02951585_can_opener', 'turned by Exif', 294, 392, 'fc23a8a318aec56f123174077f21c4c2f10c652e393ede3212781288e63ae2fc'],
    ['n02692877_airship', 'grey', 350, 156, '6cd9cc85e8cb851fd07dd89039c6773cd6a64b275e31abf1b58a63f163bfb6da'],
    ['n02088364_beagle', '4:2:2', 615, 640, '46f4545666c972872334eeddf557cb1448bde29d4c11e186fe8d10b76968272c'],
    ['n03461385_grocery_store', '4:4:0', 800, 1066, 'edeae682dc39410208ecc2987a7e869b38c422bf81f96bf228da441cea157ad2'],
    ['n02095314_wire-haired_fox_terrier', '4:2:0', 800, 533, 'aff26f961418821903391c834cd1d4b773c3a1d7b2d1c8fcfea498708dd4f7f6'],
  ])('have the bytes that Pillow decodes: %s (%s)', async (name, _, width, height, sha256) => {
    const image = await decodeImage(join(sharedData('imagenet-sample/one-per-class') as string, `${name}.JPEG`));
    expect([image.width, image.height, createHash('sha256').update(image.data).digest('hex')]).toEqual([width, height, sha256]);
  });
});
