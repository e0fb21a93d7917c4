import { draws, type SampleKey } from './draws';
import type { Box } from './image';
import type { Pair } from './pipeline';

interface Size {
  readonly width: number;
  readonly height: number;
}

const TRIES = 10;

/** A crop with a random share of the area and a random ratio, wherever it fits; the largest central one when ten tries do not fit. */
export function randomCrop({ width, height }: Size, scale: Pair, ratio: Pair, key: SampleKey): Box {
  const u = draws(key, 'crop', 4 * TRIES);
  const logRatio = ratio.map(Math.log) as [number, number];
  for (let i = 0; i < u.length; i += 4) {
    const area = between(scale, u[i] as number) * width * height;
    const aspect = Math.exp(between(logRatio, u[i + 1] as number));
    const [w, h] = [Math.round(Math.sqrt(area * aspect)), Math.round(Math.sqrt(area / aspect))];
    if (w >= 1 && h >= 1 && w <= width && h <= height)
      return { left: upTo(width - w, u[i + 2] as number), top: upTo(height - h, u[i + 3] as number), width: w, height: h };
  }
  const w = Math.max(1, Math.min(width, Math.round(height * ratio[1])));
  const h = Math.max(1, Math.min(height, Math.round(width / ratio[0])));
  return { left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h };
}

export function between([low, high]: Pair, share: number): number {
  return low + (high - low) * share;
}

/** A whole number from 0 to `last`. */
export function upTo(last: number, share: number): number {
  return Math.floor((last + 1) * share);
}
