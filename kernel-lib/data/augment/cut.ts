import type { Box, RawImage, RawMask } from './image';

export const BLACK: readonly number[] = [0, 0, 0];

/** A part of a picture or mask; where the box reaches beyond it lies `fill`, a byte for each channel. */
export function cut<Picture extends RawImage | RawMask>(picture: Picture, box: Box, fill: readonly number[]): Picture {
  const channels = fill.length;
  const data = new Uint8Array(channels * box.width * box.height);
  const left = Math.max(0, -box.left);
  const right = Math.min(box.width, picture.width - box.left);
  const top = Math.max(0, -box.top);
  const bottom = Math.min(box.height, picture.height - box.top);
  if (left > 0 || top > 0 || right < box.width || bottom < box.height) fillWith(data, fill);
  for (let y = top; y < bottom && left < right; y++) {
    const from = channels * ((box.top + y) * picture.width + box.left + left);
    data.set(picture.data.subarray(from, from + channels * (right - left)), channels * (y * box.width + left));
  }
  return { ...picture, width: box.width, height: box.height, data };
}

export function fillWith(data: Uint8Array, fill: readonly number[]): void {
  if (fill.every((v) => v === fill[0])) data.fill(fill[0] as number);
  else for (let i = 0; i < data.length; i++) data[i] = fill[i % fill.length] as number;
}
