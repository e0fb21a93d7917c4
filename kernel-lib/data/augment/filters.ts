import type { Interpolation } from './pipeline';

/** A function that pixels are weighed with, by their distance. */
export interface Filter {
  readonly weight: (distance: number) => number;
  /** It is 0 from this distance on. */
  readonly support: number;
  /** Shrinking widens it, so that every pixel counts. */
  readonly antialias: boolean;
}

const triangle: Filter['weight'] = (x) => Math.max(0, 1 - Math.abs(x));

/** Keys' cubic with a = -1/2. */
function cubic(x: number): number {
  const d = Math.abs(x);
  if (d >= 2) return 0;
  return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : ((-0.5 * d + 2.5) * d - 4) * d + 2;
}

/** Those of Pillow, which timm and torchvision resize with. */
export const filters: Readonly<Record<Interpolation, Filter>> = {
  bilinear: { weight: triangle, support: 1, antialias: true },
  bicubic: { weight: cubic, support: 2, antialias: true },
};

/** OpenCV's bilinear, which mmsegmentation resizes with: between the two nearest pixels, whatever the scale. */
export const betweenNeighbours: Filter = { weight: triangle, support: 1, antialias: false };

/** Which pixels of a line make each pixel of a resized line, and with which weights. */
export interface Taps {
  readonly first: Int32Array; // [outputs]
  readonly count: Int32Array; // [outputs]
  /** Fixed point, `BITS` bits below the point. */
  readonly weights: Int32Array; // [outputs, most]
  readonly most: number;
}

/** 8 bits of a pixel, 2 of headroom for weights beyond 1: the sum fits 32. */
export const BITS = 22;

/** Taps of outputs `start .. start + outputs - 1` of a line of `from` pixels resized to `to`, as Pillow weighs them. */
export function taps({ weight, support, antialias }: Filter, from: number, to: number, start: number, outputs: number): Taps {
  const scale = from / to;
  const stretch = antialias ? Math.max(scale, 1) : 1;
  const reach = support * stretch;
  const most = 2 * Math.ceil(reach) + 1;
  const first = new Int32Array(outputs);
  const count = new Int32Array(outputs);
  const weights = new Int32Array(outputs * most);
  const line = new Float64Array(most);
  for (let i = 0; i < outputs; i++) {
    const centre = (start + i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - reach + 0.5));
    const n = Math.min(from, Math.trunc(centre + reach + 0.5)) - low;
    let sum = 0;
    for (let k = 0; k < n; k++) sum += line[k] = weight((low + k - centre + 0.5) / stretch);
    first[i] = low;
    count[i] = n;
    for (let k = 0; k < n; k++) weights[i * most + k] = Math.round(((line[k] as number) / sum) * 2 ** BITS);
  }
  return { first, count, weights, most };
}
