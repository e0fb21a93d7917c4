import { describe, expect, it } from 'vitest';
import { betweenNeighbours, filters } from '../../../kernel-lib/data/augment/filters';
import { resize } from '../../../kernel-lib/data/augment/resize';
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
});
