import { describe, expect, it } from 'vitest';
import { cut } from '../../../kernel-lib/data/augment/cut';
import { betweenNeighbours, filters } from '../../../kernel-lib/data/augment/filters';
import { resize } from '../../../kernel-lib/data/augment/resize';
import { extremes, noisy } from './pictures';
import { difference, original, reference } from './reference';

describe('resize', () => {
  it.each(['bicubic 7x5', 'bicubic 26x18', 'bilinear 7x5', 'bilinear 26x18'])('gives the bytes of Pillow: %s', (name) => {
    const expected = reference(name);
    expect(difference(resize(original, expected, filters[name.split(' ')[0] as 'bicubic']), expected)).toBe(0);
  });

  it('gives the bytes of Pillow for a part, whose surroundings do not count', () => {
    const from = { left: 3, top: 2, width: 11, height: 9 };
    expect(difference(resize(original, { width: 8, height: 8, from }, filters.bicubic), reference('bicubic part'))).toBe(0);
  });

  it.each(['linear 8x5', 'linear 22x19'])('is within a level of OpenCV: %s', (name) => {
    const expected = reference(name);
    expect(difference(resize(original, expected, betweenNeighbours), expected)).toBeLessThanOrEqual(1);
  });

  it('computes a window of the result alone with the same bytes', () => {
    const [picture, window] = [noisy(61, 47), { left: 5, top: 11, width: 30, height: 9 }];
    for (const filter of [filters.bicubic, filters.bilinear, betweenNeighbours]) {
      const size = { width: 40, height: 70 };
      expect(resize(picture, { ...size, window }, filter)).toEqual(cut(resize(picture, size, filter), window, [0, 0, 0]));
    }
  });

  it('leaves a picture of that size as it is', () => {
    for (const filter of [filters.bicubic, filters.bilinear, betweenNeighbours])
      expect(resize(original, original, filter)).toEqual(original);
    const part = { width: 6, height: 5, from: { left: 2, top: 3, width: 6, height: 5 }, window: { left: 1, top: 2, width: 4, height: 2 } };
    expect(resize(original, part, filters.bicubic)).toEqual(cut(original, { left: 3, top: 5, width: 4, height: 2 }, [0, 0, 0]));
  });

  it.each(extremes)('leaves a single colour alone: %d x %d', (width, height) => {
    const data = new Uint8Array(3 * width * height).map((_, i) => 80 * (i % 3) + 37);
    const expected = new Uint8Array(3 * 9 * 5).map((_, i) => 80 * (i % 3) + 37);
    for (const filter of [filters.bicubic, filters.bilinear, betweenNeighbours])
      expect(resize({ width, height, data }, { width: 9, height: 5 }, filter).data).toEqual(expected);
  });
});
