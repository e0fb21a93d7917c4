import { describe, expect, it } from 'vitest';
import { cut } from '../../../kernel-lib/data/augment/cut';
import { filters } from '../../../kernel-lib/data/augment/filters';
import { resize } from '../../../kernel-lib/data/augment/resize';
import { transformOf } from '../../../kernel-lib/data/augment/transform-of';
import { extremes, noisy } from './pictures';

const KEY = { seed: 0, epoch: 0, place: 0 };

describe('the pipeline of an evaluation', () => {
  it('cuts the centre out of the picture with its shorter side resized', () => {
    const image = noisy(50, 33);
    const resized = resize(image, { width: 48, height: 32 }, filters.bicubic); // 48.48 truncated
    const { picture } = transformOf({ kind: 'evaluation', resize: 32, crop: 28 });
    expect(picture({ image }, KEY).image).toEqual(cut(resized, { left: 10, top: 2, width: 28, height: 28 }, [0, 0, 0]));
  });

  it.each([
    [9, 0], // a difference of 1: half is 0.5, to even 0
    [11, 2], // 1.5 to even 2
    [13, 2], // 2.5 to even 2
    [12, 2],
  ])('starts the centre of %d pixels where torchvision does, at %d', (side, start) => {
    const image = noisy(side, side);
    const { picture } = transformOf({ kind: 'evaluation', crop: 8 });
    expect(picture({ image }, KEY).image).toEqual(cut(image, { left: start, top: start, width: 8, height: 8 }, [0, 0, 0]));
  });

  it('surrounds a smaller picture with black', () => {
    const { picture } = transformOf({ kind: 'evaluation', crop: 3 });
    expect([...picture({ image: { width: 1, height: 1, data: Uint8Array.of(7, 8, 9) } }, KEY).image.data]).toEqual(
      [0, 0, 0, 0, [7, 8, 9], 0, 0, 0, 0].flatMap((v) => (v === 0 ? [0, 0, 0] : v)),
    );
  });

  it.each(extremes)('takes %d x %d pixels', (width, height) => {
    const { picture, size } = transformOf({ kind: 'evaluation', resize: 16, crop: 14 });
    const { image } = picture({ image: noisy(width, height) }, KEY);
    expect([image.height, image.width]).toEqual(size);
    expect(image.data.length).toBe(3 * 14 * 14);
  });
});
