import { describe, expect, it } from 'vitest';
import { saturate, turnHue } from '../../../kernel-lib/data/augment/hue';
import { noisy } from './pictures';
import { difference, original, reference } from './reference';

describe('hue and saturation', () => {
  it.each([
    [0, 0.5],
    [17, 1],
    [-18, 1.4],
  ])('turned by %d steps and multiplied by %d are within a level of OpenCV', (turn, factor) => {
    const changed = turnHue(saturate(original, factor), turn);
    expect(difference(changed, reference(`hue ${turn} saturation ${factor}`))).toBeLessThanOrEqual(1);
  });

  it('come back after a whole turn', () => {
    const once = turnHue(original, 0);
    expect(difference(turnHue(original, 180), once)).toBe(0);
  });

  it('leave grey alone', () => {
    const grey = { width: 16, height: 16, data: new Uint8Array(768).map((_, i) => Math.floor(i / 3)) };
    expect(turnHue(saturate(grey, 1.5), 13)).toEqual(grey);
  });

  it('keep the lightest channel of each pixel', () => {
    const picture = noisy(20, 20);
    const lightest = ({ data }: typeof picture) => Array.from({ length: 400 }, (_, i) => Math.max(...data.subarray(3 * i, 3 * i + 3)));
    expect(lightest(turnHue(saturate(picture, 0.7), -9))).toEqual(lightest(picture));
  });
});
