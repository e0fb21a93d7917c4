import { describe, expect, it } from 'vitest';
import { affine, rotation } from '../../../kernel-lib/data/augment/affine';
import { shiftHue } from '../../../kernel-lib/data/augment/hue';
import { operations } from '../../../kernel-lib/data/augment/rand-augment';
import { difference, original, reference } from './reference';

const NINE = { level: 0.9, fill: [124, 116, 104], interpolation: 'bicubic' } as const;
const undirected = ['autoContrast', 'equalize', 'invert', 'posterize', 'solarize', 'solarizeAdd'];

describe('the operations of RandAugment at magnitude 9', () => {
  const cases = Object.keys(operations).flatMap((name) =>
    (undirected.includes(name) ? ['+'] : ['+', '-']).map((sign) => [name, sign] as const),
  );
  it.each(cases)('%s %s is the picture of Pillow', (name, sign) => {
    const picture = operations[name]?.(original, { ...NINE, sign: sign === '+' ? 1 : -1 });
    expect(difference(picture!, reference(`${name} ${sign}`))).toBe(0);
  });
  it('x', () => {
    console.log(difference(affine(original, rotation(original, 27), NINE.fill, 'bilinear'), reference('rotate + bilinear')));
    for (const [t, f] of [
      [0, 0.5],
      [17, 1],
      [-18, 1.4],
    ]) {
      const a = shiftHue(shiftHue(original, 0, f!), t!, 1),
        b = reference(`hue ${t} saturation ${f}`);
      console.log(difference(a, b), [...a.data].filter((v, i) => v !== b.data[i]).length, a.data.length);
    }
  });
});
