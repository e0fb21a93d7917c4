import { fillWith } from './cut';
import { blank, type RawImage } from './image';
import type { Interpolation } from './pipeline';

/** [a, b, c, d, e, f]: pixel (x, y) takes what lies at (a x + b y + c, d x + e y + f). */
export type Matrix = readonly [number, number, number, number, number, number];

/** Weights of the pixels -1, 0, 1, 2 around a point that lies `d` after pixel 0. */
type Weights = (d: number, out: Float64Array) => void;

const weightsOf: Readonly<Record<Interpolation, Weights>> = {
  bilinear(d, out) {
    out[1] = 1 - d;
    out[2] = d;
  },
  /** The cubic with a = -1 that Pillow transforms with; it resizes with a = -1/2. */
  bicubic(d, out) {
    out[0] = -d + 2 * d * d - d * d * d;
    out[1] = 1 - 2 * d * d + d * d * d;
    out[2] = d + d * d - d * d * d;
    out[3] = -d * d + d * d * d;
  },
};

/** Sums of weights that fall short of 1 by rounding must not cost a level, since values are truncated. */
const NUDGE = 1e-9;

/** The picture through an affine map, `fill` where it leaves the picture; as Pillow does, truncated to bytes. */
export function affine(image: RawImage, matrix: Matrix, fill: readonly number[], interpolation: Interpolation): RawImage {
  const { width, height, data } = image;
  const [a, b, c, d, e, f] = matrix;
  const out = blank(width, height);
  fillWith(out.data, fill);
  const clamped = new Uint8ClampedArray(out.data.buffer);
  const weights = weightsOf[interpolation];
  const [wx, wy] = [new Float64Array(4), new Float64Array(4)];
  const columns = new Int32Array(4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const u = a * (x + 0.5) + b * (y + 0.5) + c;
      const v = d * (x + 0.5) + e * (y + 0.5) + f;
      if (u < 0 || u >= width || v < 0 || v >= height) continue;
      const left = Math.floor(u - 0.5);
      const top = Math.floor(v - 0.5);
      weights(u - 0.5 - left, wx);
      weights(v - 0.5 - top, wy);
      for (let i = 0; i < 4; i++) columns[i] = 3 * Math.min(Math.max(left - 1 + i, 0), width - 1);
      let red = NUDGE;
      let green = NUDGE;
      let blue = NUDGE;
      for (let j = 0; j < 4; j++) {
        const w = wy[j] as number;
        if (w === 0) continue;
        const row = 3 * width * Math.min(Math.max(top - 1 + j, 0), height - 1);
        for (let i = 0; i < 4; i++) {
          const share = w * (wx[i] as number);
          const at = row + (columns[i] as number);
          red += share * (data[at] as number);
          green += share * (data[at + 1] as number);
          blue += share * (data[at + 2] as number);
        }
      }
      const to = 3 * (y * width + x);
      clamped[to] = Math.floor(red);
      clamped[to + 1] = Math.floor(green);
      clamped[to + 2] = Math.floor(blue);
    }
  }
  return out;
}

/** Turned by an angle around the centre. */
export function rotation({ width, height }: RawImage, degrees: number): Matrix {
  const angle = (-degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [x, y] = [width / 2, height / 2];
  return [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y];
}
