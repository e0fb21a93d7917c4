import { describe, expect, it } from 'vitest';
import { erase } from '../../../kernel-lib/data/augment/erase';
import type { Erase } from '../../../kernel-lib/data/augment/pipeline';

const [HEIGHT, WIDTH] = [24, 30];
const UNTOUCHED = 9;

/** The planes of picture `place`, all 9 before. */
function erased(options: Erase, place = 0): Float32Array {
  const planes = new Float32Array(3 * HEIGHT * WIDTH).fill(UNTOUCHED);
  erase(options)(planes, HEIGHT, WIDTH, { seed: 0, epoch: 0, place });
  return planes;
}
const shareOf = (planes: Float32Array) => planes.filter((v) => v !== UNTOUCHED).length / planes.length;
const many = (options: Erase, n = 400) => Array.from({ length: n }, (_, place) => erased(options, place));

describe('erase', () => {
  it('touches a quarter of the pictures at probability 0.25', () => {
    expect(many({ probability: 0.25 }).filter((p) => shareOf(p) > 0).length / 400).toBeCloseTo(0.25, 1);
    expect(many({ probability: 0 }).every((p) => shareOf(p) === 0)).toBe(true);
  });

  it('takes between 2 % and a third of the area, in one rectangle, of all channels alike', () => {
    for (const planes of many({ probability: 1, mode: 'zero' }, 40)) {
      const share = shareOf(planes);
      expect(share).toBeGreaterThan(0.015);
      expect(share).toBeLessThan(0.36);
      const [red, green, blue] = [0, 1, 2].map((c) => planes.slice(c * HEIGHT * WIDTH, (c + 1) * HEIGHT * WIDTH));
      expect([String(green), String(blue)]).toEqual([String(red), String(red)]);
      const rows = new Set<number>();
      const columns = new Set<number>();
      (red as Float32Array).forEach((v, i) => {
        if (v === UNTOUCHED) return;
        rows.add(Math.floor(i / WIDTH));
        columns.add(i % WIDTH);
      });
      expect(rows.size * columns.size).toBe(Math.round(share * HEIGHT * WIDTH));
      expect(rows.size / columns.size).toBeGreaterThan(0.25);
      expect(rows.size / columns.size).toBeLessThan(4);
    }
  });

  it('fills with normal noise a pixel, one draw a channel, or nothing', () => {
    const noise = many({ probability: 1 }, 20).flatMap((p) => [...p.filter((v) => v !== UNTOUCHED)]);
    const mean = noise.reduce((a, b) => a + b) / noise.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(noise.reduce((a, b) => a + (b - mean) ** 2, 0) / noise.length).toBeCloseTo(1, 1);
    expect(new Set(erased({ probability: 1, mode: 'channel' })).size).toBe(4);
    expect(new Set(erased({ probability: 1, mode: 'zero' })).size).toBe(2);
  });

  it('shares the area among several rectangles', () => {
    expect(Math.max(...many({ probability: 1, count: 3 }, 100).map(shareOf))).toBeLessThan(0.36);
  });

  it('leaves a picture alone in which no rectangle fits', () => {
    const planes = new Float32Array(3).fill(UNTOUCHED);
    erase({ probability: 1, area: [0.9, 1] })(planes, 1, 1, { seed: 0, epoch: 0, place: 0 });
    expect(shareOf(planes)).toBe(0);
  });
});
