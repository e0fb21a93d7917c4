import { blank, type RawImage } from './image';

const CIRCLE = 180; // hue in steps of 2 degrees, as in OpenCV's bytes

/** Hue turned and saturation multiplied, both in the bytes that OpenCV rounds hue and saturation to. */
export function shiftHue({ width, height, data }: RawImage, turn: number, saturation: number): RawImage {
  const out = blank(width, height);
  const saturated = Float64Array.from({ length: 256 }, (_, s) => Math.min(255, Math.trunc(s * saturation)) / 255);
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i] as number, data[i + 1] as number, data[i + 2] as number];
    const value = Math.max(r, g, b);
    const spread = value - Math.min(r, g, b);
    if (spread === 0) {
      out.data.fill(value, i, i + 3);
      continue;
    }
    const sector = value === r ? (g - b) / spread : value === g ? 2 + (b - r) / spread : 4 + (r - g) / spread;
    const hue = (Math.round(sector * 30) + turn + 2 * CIRCLE) % CIRCLE;
    const share = saturated[Math.round((255 * spread) / value)] as number;
    const [h, f] = [Math.floor(hue / 30), (hue % 30) / 30];
    const low = Math.round(value * (1 - share));
    const falling = Math.round(value * (1 - share * f));
    const rising = Math.round(value * (1 - share * (1 - f)));
    out.data[i] = h === 0 || h === 5 ? value : h === 1 ? falling : h === 4 ? rising : low;
    out.data[i + 1] = h === 1 || h === 2 ? value : h === 0 ? rising : h === 3 ? falling : low;
    out.data[i + 2] = h === 3 || h === 4 ? value : h === 2 ? rising : h === 5 ? falling : low;
  }
  return out;
}
