import type { Pair } from './pipeline';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size at which a picture fits in a longest and a shortest side, its ratio kept. */
export function sizeWithin({ width, height }: Size, [a, b]: Pair): Size {
  const scale = Math.min(Math.max(a, b) / Math.max(width, height), Math.min(a, b) / Math.min(width, height));
  const side = (pixels: number): number => Math.max(1, Math.floor(pixels * scale + 0.5));
  return { width: side(width), height: side(height) };
}

/** The same shape, made smaller where it does not fit in a frame. */
export function sizeInFrame({ width, height }: Size, [frameWidth, frameHeight]: Pair): Size {
  const scale = Math.min(1, frameWidth / width, frameHeight / height);
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}
