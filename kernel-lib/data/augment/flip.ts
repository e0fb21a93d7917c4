import { blank, type RawImage, type RawMask } from './image';

/** The picture mirrored left to right. */
export function flipImage({ width, height, data }: RawImage): RawImage {
  const out = blank(width, height);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let at = 3 * (y + 1) * width - 3; at >= 3 * y * width; at -= 3) {
      out.data[to++] = data[at] as number;
      out.data[to++] = data[at + 1] as number;
      out.data[to++] = data[at + 2] as number;
    }
  }
  return out;
}

export function flipMask({ width, height, data }: RawMask): RawMask {
  const out = data.slice();
  for (let y = 0; y < height; y++) out.subarray(y * width, (y + 1) * width).reverse();
  return { width, height, data: out };
}
