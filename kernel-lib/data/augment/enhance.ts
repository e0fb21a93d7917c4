import { blank, type RawImage } from './image';
import { table, through } from './tables';

// Pillow's ImageEnhance: away from (factor > 1) or towards (factor < 1) a duller picture. 1 changes nothing.

/** Between black and the picture. */
export function brightness(image: RawImage, factor: number): RawImage {
  return through([table((v) => towards(0, v, Math.fround(factor)))], image);
}

/** Between the mean grey and the picture. */
export function contrast(image: RawImage, factor: number): RawImage {
  const grey = meanGrey(image);
  return through([table((v) => towards(grey, v, Math.fround(factor)))], image);
}

/** Between the grey picture and the picture. */
export function saturation({ width, height, data }: RawImage, factor: number): RawImage {
  const out = blank(width, height);
  const clamped = new Uint8ClampedArray(out.data.buffer);
  const share = Math.fround(factor);
  for (let i = 0; i < data.length; i += 3) {
    const grey = greyOf(data[i] as number, data[i + 1] as number, data[i + 2] as number);
    clamped[i] = towards(grey, data[i] as number, share);
    clamped[i + 1] = towards(grey, data[i + 1] as number, share);
    clamped[i + 2] = towards(grey, data[i + 2] as number, share);
  }
  return out;
}

/** Between the smoothed picture and the picture; pixels at the border have too few neighbours and stay. */
export function sharpness({ width, height, data }: RawImage, factor: number): RawImage {
  const out = { width, height, data: data.slice() };
  const clamped = new Uint8ClampedArray(out.data.buffer);
  const share = Math.fround(factor);
  const stride = 3 * width;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * stride + 3; i < (y + 1) * stride - 3; i++) {
      const [above, below] = [i - stride, i + stride];
      const value = data[i] as number;
      const sum =
        (data[above - 3] as number) +
        (data[above] as number) +
        (data[above + 3] as number) +
        (data[i - 3] as number) +
        5 * value +
        (data[i + 3] as number) +
        (data[below - 3] as number) +
        (data[below] as number) +
        (data[below + 3] as number);
      const smooth = Math.floor(sum / 13 + 0.5);
      clamped[i] = towards(smooth, value, share);
    }
  }
  return out;
}

/** In float32, as Pillow blends; truncated. */
function towards(dull: number, value: number, share: number): number {
  return Math.floor(Math.fround(dull + Math.fround(share * (value - dull))));
}

function meanGrey({ data }: RawImage): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += greyOf(data[i] as number, data[i + 1] as number, data[i + 2] as number);
  return Math.floor(sum / (data.length / 3) + 0.5);
}

/** Luma of ITU-R 601, in 16-bit fixed point. */
function greyOf(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}
