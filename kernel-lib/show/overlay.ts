import type { RawImage, RawMask } from '../data/augment/image';

const SHARE = 0.5; // of the class's colour

/** A picture with each pixel tinted by its class; pixels of class `ignored` are grey hatching. */
export function overlay(image: RawImage, mask: RawMask, ignored: number): RawImage {
  const colors = Array.from({ length: 256 }, (_, label) => classColor(label));
  const data = image.data.slice();
  mask.data.forEach((label, i) => {
    const isHatched = label === ignored && (i + Math.floor(i / mask.width)) % 6 < 2;
    const color = label === ignored ? [128, 128, 128] : (colors[label] as readonly number[]);
    const share = label !== ignored ? SHARE : isHatched ? 1 : 0;
    for (let c = 0; c < 3; c++) data[3 * i + c] = (1 - share) * (data[3 * i + c] as number) + share * (color[c] as number);
  });
  return { ...image, data };
}

/** Colours far apart for neighbouring numbers: each class's bits are dealt out to red, green and blue, as for PASCAL VOC. */
export function classColor(label: number): readonly [number, number, number] {
  const channel = (c: number): number => {
    let value = 0;
    for (let bit = 0; bit < 3; bit++) value |= (((label + 1) >> (3 * bit + c)) & 1) << (7 - bit);
    return value;
  };
  return [channel(0), channel(1), channel(2)];
}
