import type { RawImage } from '../data/augment/image';
import { type Displayable, inJupyter } from './display';
import type { Bundle } from './screens/screen';
import { encodePng } from './static/encode-png';

/** Pictures side by side, as one picture that shows itself in a notebook. */
export interface ContactSheet extends Displayable {
  readonly width: number;
  readonly height: number;
  /** As a file. */
  readonly png: Uint8Array;
}

export interface ContactSheetOptions {
  readonly columns?: number;
}

const GAP = 4; // pixels, white

/**
 * Pictures in rows, on white.
 *
 * @example
 * show(contactSheet([before, after]));
 */
export function contactSheet(pictures: readonly RawImage[], { columns = 4 }: ContactSheetOptions = {}): ContactSheet {
  const cell = { width: Math.max(...pictures.map((p) => p.width)), height: Math.max(...pictures.map((p) => p.height)) };
  const across = Math.min(columns, pictures.length);
  const width = across * (cell.width + GAP) - GAP;
  const height = Math.ceil(pictures.length / across) * (cell.height + GAP) - GAP;
  const rgba = new Uint8Array(4 * width * height).fill(255);
  pictures.forEach((picture, i) => {
    paste(picture, rgba, width, (i % across) * (cell.width + GAP), Math.floor(i / across) * (cell.height + GAP));
  });
  const png = encodePng({ width, height, rgba });
  return { width, height, png, [inJupyter]: (): Bundle => ({ 'image/png': png, 'text/plain': `[${pictures.length} pictures]` }) };
}

function paste({ width, height, data }: RawImage, rgba: Uint8Array, stride: number, left: number, top: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      rgba.set(data.subarray(from, from + 3), 4 * ((top + y) * stride + left + x));
    }
  }
}
