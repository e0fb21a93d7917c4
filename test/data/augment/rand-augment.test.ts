import { describe, expect, it } from 'vitest';
import { affine, rotation } from '../../../kernel-lib/data/augment/affine';
import { operations, parse, randAugment } from '../../../kernel-lib/data/augment/rand-augment';
import { codeOf } from '../../matchers';
import { extremes, noisy } from './pictures';
import { difference, original, reference } from './reference';

const NINE = { level: 0.9, fill: [124, 116, 104], interpolation: 'bicubic' } as const;
const undirected = ['autoContrast', 'equalize', 'invert', 'posterize', 'solarize', 'solarizeAdd'];

describe('the operations of RandAugment', () => {
  const cases = Object.keys(operations).flatMap((name) => (undirected.includes(name) ? ['+'] : ['+', '-']).map((sign) => [name, sign]));
  it.each(cases)('at magnitude 9 make the picture of Pillow: %s %s', (name, sign) => {
    const picture = operations[name as string]!(original, { ...NINE, sign: sign === '+' ? 1 : -1 });
    expect(difference(picture, reference(`${name} ${sign}`))).toBe(0);
  });

  it('turn as Pillow does between two pixels, too', () => {
    const turned = affine(original, rotation(original, 27), NINE.fill, 'bilinear');
    expect(difference(turned, reference('rotate + bilinear'))).toBe(0);
  });

  it('are the fifteen of timm', () => {
    expect(Object.keys(operations)).toHaveLength(15);
  });

  const gentle = ['rotate', 'color', 'contrast', 'brightness', 'sharpness', 'shearX', 'shearY', 'translateX', 'translateY', 'solarizeAdd'];
  it.each(gentle)('change nothing at magnitude 0: %s', (name) => {
    expect(operations[name]!(original, { ...NINE, level: 0, sign: 1 })).toEqual(original);
  });

  it.each(extremes)('work on %d x %d pixels, and leave the given picture alone', (width, height) => {
    const [picture, same] = [noisy(width, height), noisy(width, height)];
    for (const [name, operation] of Object.entries(operations)) {
      const result = operation(picture, { ...NINE, sign: 1 });
      expect([name, result.width, result.height, result.data.length]).toEqual([name, width, height, 3 * width * height]);
    }
    expect(String(picture.data)).toBe(String(same.data));
  });
});

describe('randAugment', () => {
  const at = (place: number) => ({ seed: 3, epoch: 0, place });

  it("understands timm's notation", () => {
    expect(parse('rand-m9-mstd0.5-inc1')).toEqual({ magnitude: 9, spread: 0.5, count: 2 });
    expect(parse('rand-n3-inc1')).toEqual({ magnitude: 10, spread: 0, count: 3 });
  });

  it.each(['rand-m9-mstd0.5', 'rand-m9-w0-inc1', 'augmix-m3-inc1', 'rand-mx-inc1', ''])("refuses what it does not do: '%s'", (notation) => {
    expect(codeOf(() => parse(notation))).toBe('augment-option');
  });

  it('applies each of two operations to half of the pictures', () => {
    const augment = randAugment('rand-m9-inc1', NINE.fill, 'bicubic');
    const picture = noisy(12, 9);
    const unchanged = Array.from({ length: 1200 }, (_, place) => augment(picture, at(place))).filter((p) => difference(p, picture) === 0);
    // 1/4 has neither operation; one in fifteen, autoContrast, changes nothing here: noise reaches from 0 to 255
    expect(unchanged.length / 1200).toBeGreaterThan(0.22);
    expect(unchanged.length / 1200).toBeLessThan(0.36);
  });

  it('spreads the magnitude around 9, up to 10', () => {
    const augment = randAugment('rand-m9-mstd0.5-n1-inc1', [0, 0, 0], 'bilinear');
    const white = { width: 1000, height: 1, data: new Uint8Array(3000).fill(255) };
    const shifts = Array.from({ length: 4000 }, (_, place) => augment(white, at(place)))
      .map(({ data }) => data.filter((v) => v === 0).length / 3)
      .filter((blacks) => blacks > 380 && blacks < 480); // translateX by 0.45 of the width at magnitude 10
    const magnitudes = shifts.map((pixels) => pixels / 45);
    expect(shifts.length).toBeGreaterThan(80);
    expect(magnitudes.reduce((a, b) => a + b) / shifts.length).toBeCloseTo(9, 0);
    expect(Math.max(...magnitudes)).toBeLessThanOrEqual(10.03);
    expect(new Set(shifts).size).toBeGreaterThan(30);
  });
});
