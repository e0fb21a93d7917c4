import type { RawImage, RawMask } from '../data/augment/image';

const SHARE = 0.5; // of the class's colour
const HATCHING = { period: 12, line: 3 } as const; // pixels

/**
 * A picture with each pixel tinted by its class; where the class is `ignored`, black hatching.
 *
 * @example
 * show(contactSheet([overlay(image, mask, 255), overlay(image, predicted, 255)]));
 */
export function overlay(image: RawImage, mask: RawMask, ignored: number): RawImage {
  const colors = Array.from({ length: 256 }, (_, label) => classColor(label));
  const data = image.data.slice();
  mask.data.forEach((label, i) => {
    const isIgnored = label === ignored;
    if (isIgnored && !isLine(i % mask.width, Math.floor(i / mask.width))) return;
    const color = isIgnored ? [0, 0, 0] : (colors[label] as readonly number[]);
    for (let c = 0; c < 3; c++) data[3 * i + c] = (1 - SHARE) * (data[3 * i + c] as number) + SHARE * (color[c] as number);
  });
  return { ...image, data };
}

function isLine(x: number, y: number): boolean {
  return (x + y) % HATCHING.period < HATCHING.line;
}

/** Colours far apart for neighbouring numbers: each class's bits are dealt out to red, green and blue, as for PASCAL VOC. */
function classColor(label: number): readonly [number, number, number] {
  const channel = (c: number): number => {
    let value = 0;
    for (let bit = 0; bit < 3; bit++) value |= (((label + 1) >> (3 * bit + c)) & 1) << (7 - bit);
    return value;
  };
  return [channel(0), channel(1), channel(2)];
}
