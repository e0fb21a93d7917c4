import { describe, expect, it } from 'vitest';
import { randomCrop } from '../../../kernel-lib/data/augment/random-crop';
import { extremes } from './pictures';

const SCALE = [0.08, 1] as const;
const RATIO = [3 / 4, 4 / 3] as const;
const at = (place: number) => ({ seed: 1, epoch: 2, place });

describe('randomCrop', () => {
  const size = { width: 500, height: 375 };
  const boxes = Array.from({ length: 4000 }, (_, place) => randomCrop(size, SCALE, RATIO, at(place)));

  it('lies in the picture', () => {
    const outside = boxes.filter(({ left, top, width, height }) => left < 0 || top < 0 || left + width > 500 || top + height > 375);
    expect(outside).toEqual([]);
  });

  it('has areas and ratios in their ranges, but for rounding', () => {
    expect(Math.min(...boxes.map(({ width, height }) => (width * height) / (500 * 375)))).toBeGreaterThan(0.078);
    expect(Math.min(...boxes.map(({ width, height }) => width / height))).toBeGreaterThan(0.74);
    expect(Math.max(...boxes.map(({ width, height }) => width / height))).toBeLessThan(1.35);
  });

  it('has every small area equally often, and is as often wide as high', () => {
    const areas = boxes.map(({ width, height }) => (width * height) / (500 * 375));
    const between = (low: number, high: number) => areas.filter((a) => a >= low && a < high).length;
    expect(between(0.1, 0.2) / between(0.2, 0.3)).toBeCloseTo(1, 0);
    const small = boxes.filter((_, i) => (areas[i] as number) < 0.4);
    expect(small.filter(({ width, height }) => width > height).length / small.length).toBeCloseTo(0.5, 1);
  });

  it('goes everywhere', () => {
    const centre = (v: (box: (typeof boxes)[0]) => number) => boxes.reduce((sum, box) => sum + v(box), 0) / boxes.length;
    expect(centre(({ left, width }) => (left + width / 2) / 500)).toBeCloseTo(0.5, 1);
    expect(new Set(boxes.map(({ left }) => left)).size).toBeGreaterThan(200);
  });

  it('takes the largest part of the middle where nothing fits', () => {
    expect(randomCrop({ width: 3, height: 900 }, SCALE, RATIO, at(0))).toEqual({ left: 0, top: 448, width: 3, height: 4 });
    expect(randomCrop({ width: 900, height: 30 }, [0.9, 1], RATIO, at(0))).toEqual({ left: 430, top: 0, width: 40, height: 30 });
  });

  it.each(extremes)('finds a part of a picture of %d x %d', (width, height) => {
    for (let place = 0; place < 50; place++) {
      const box = randomCrop({ width, height }, SCALE, RATIO, at(place));
      expect(box.width >= 1 && box.height >= 1 && box.left + box.width <= width && box.top + box.height <= height).toBe(true);
    }
  });
});
