import { MesaError } from '../../errors';

/** A picture in bytes: red, green and blue of each pixel, rows from the top. */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array; // [height, width, 3]
}

/** The class of each pixel of a picture; 255: ignored. */
export interface RawMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array; // [height, width]
}

/** What is read of one sample. */
export interface RawSample {
  readonly image: RawImage;
  readonly mask?: RawMask;
}

/** A rectangle of pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const IGNORED = 255;

/** A black picture. */
export function blank(width: number, height: number): RawImage {
  return { width, height, data: new Uint8Array(3 * width * height) };
}

/** Refuses a picture without pixels, or with too few bytes for its size. */
export function checkImage({ width, height, data }: RawImage): void {
  if (width >= 1 && height >= 1 && data.length === 3 * width * height) return;
  throw new MesaError('image-shape', {
    says: `an image of ${width}x${height} pixels takes ${3 * width * height} bytes, given ${data.length}`,
    try: 'red, green and blue of at least one pixel',
  });
}

/** Refuses a mask of another size than its picture. */
export function checkMask({ width, height }: RawImage, mask: RawMask): void {
  if (mask.width === width && mask.height === height && mask.data.length === width * height) return;
  throw new MesaError('mask-shape', {
    says: `an image of ${width}x${height} with a mask of ${mask.width}x${mask.height} (${mask.data.length} bytes)`,
    try: 'a mask that belongs to this image, one byte a pixel',
  });
}
