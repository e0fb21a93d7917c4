import { blank, type RawImage } from './image';
import type { Normalisation } from './pipeline';

export const IMAGENET: Required<Normalisation> = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Writes a picture as a model is fed it: a plane for each channel, (byte / 255 - mean) / std. */
export function normalise({ mean, std }: Required<Normalisation>): (image: RawImage, out: Float32Array) => void {
  const tables = mean.map((m, c) => Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / (std[c] as number)));
  const [red, green, blue] = tables as [Float32Array, Float32Array, Float32Array];
  return ({ data }, out) => {
    const plane = data.length / 3;
    const [r, g, b] = [out.subarray(0, plane), out.subarray(plane, 2 * plane), out.subarray(2 * plane, 3 * plane)];
    for (let i = 0, at = 0; i < plane; i++, at += 3) {
      r[i] = red[data[at] as number] as number;
      g[i] = green[data[at + 1] as number] as number;
      b[i] = blue[data[at + 2] as number] as number;
    }
  };
}

/** The mean as a colour: what pads a picture so that the normalised padding is 0, but for rounding to a byte. */
export function meanColor({ mean }: Required<Normalisation>): number[] {
  return mean.map((m) => Math.min(255, Math.round(255 * m)));
}

/** The picture that a normalised one [3, height, width] is of; what lies outside the bytes (noise) is clipped. */
export function denormalise({ mean, std }: Required<Normalisation>, planes: Float32Array, height: number, width: number): RawImage {
  const out = blank(width, height);
  const clamped = new Uint8ClampedArray(out.data.buffer);
  const pixels = width * height;
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < pixels; i++)
      clamped[3 * i + c] = 255 * ((planes[c * pixels + i] as number) * (std[c] as number) + (mean[c] as number));
  return out;
}
