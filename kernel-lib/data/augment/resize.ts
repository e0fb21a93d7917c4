import { BITS, type Filter, type Taps, taps } from './filters';
import { type Box, blank, type RawImage } from './image';

export interface Resizing {
  readonly width: number;
  readonly height: number;
  /** The part of the picture that is resized: what is outside does not count. */
  readonly from?: Box;
  /** The part of the result that is wanted: only this is computed. */
  readonly window?: Box;
}

const HALF = 1 << (BITS - 1);

/** A picture, or a part of it, in another size: columns first, then rows, in bytes between them as in Pillow. */
export function resize(
  image: RawImage,
  { width, height, from = whole(image), window = whole({ width, height }) }: Resizing,
  filter: Filter,
): RawImage {
  const across = taps(filter, from.width, width, window.left, window.width);
  const down = taps(filter, from.height, height, window.top, window.height);
  const top = down.first[0] as number;
  const rows = (down.first.at(-1) as number) + (down.count.at(-1) as number) - top;
  const wide = resizeAcross(image, { ...from, top: from.top + top, height: rows }, across);
  return resizeDown(wide, top, down);
}

export function whole({ width, height }: { readonly width: number; readonly height: number }): Box {
  return { left: 0, top: 0, width, height };
}

function resizeAcross({ width, data }: RawImage, { left, top, height }: Box, { first, count, weights, most }: Taps): RawImage {
  const columns = first.length;
  const out = blank(columns, height);
  const clamped = new Uint8ClampedArray(out.data.buffer);
  for (let y = 0; y < height; y++) {
    const row = 3 * ((top + y) * width + left);
    let to = 3 * y * columns;
    for (let x = 0; x < columns; x++) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      let at = row + 3 * (first[x] as number);
      const end = x * most + (count[x] as number);
      for (let k = x * most; k < end; k++) {
        const w = weights[k] as number;
        r = (r + Math.imul(w, data[at] as number)) | 0;
        g = (g + Math.imul(w, data[at + 1] as number)) | 0;
        b = (b + Math.imul(w, data[at + 2] as number)) | 0;
        at += 3;
      }
      clamped[to++] = r >> BITS;
      clamped[to++] = g >> BITS;
      clamped[to++] = b >> BITS;
    }
  }
  return out;
}

/** `top`: the row of the taps that the picture starts with. */
function resizeDown({ width, data }: RawImage, top: number, { first, count, weights, most }: Taps): RawImage {
  const rows = first.length;
  const out = blank(width, rows);
  const clamped = new Uint8ClampedArray(out.data.buffer);
  const stride = 3 * width;
  for (let y = 0; y < rows; y++) {
    const row = ((first[y] as number) - top) * stride;
    const end = y * most + (count[y] as number);
    for (let x = 0; x < stride; x++) {
      let sum = HALF;
      let at = row + x;
      for (let k = y * most; k < end; k++) {
        sum = (sum + Math.imul(weights[k] as number, data[at] as number)) | 0;
        at += stride;
      }
      clamped[y * stride + x] = sum >> BITS;
    }
  }
  return out;
}
