import { blank, type RawImage } from './image';

// Hue and saturation in bytes as OpenCV has them: hue in steps of 2 degrees, quotients by tables of 12-bit fixed point.

const SECTOR = 30; // of six
const CIRCLE = 6 * SECTOR;
const BITS = 12;
const HALF = 1 << (BITS - 1);

/** The hue of each pixel turned on by steps. */
export function turnHue(image: RawImage, steps: number): RawImage {
  return change(image, steps, 1);
}

/** The saturation of each pixel multiplied. */
export function saturate(image: RawImage, factor: number): RawImage {
  return change(image, 0, factor);
}

function change({ width, height, data }: RawImage, turn: number, factor: number): RawImage {
  const out = blank(width, height);
  const [perSpread, perValue] = [quotients(SECTOR), quotients(255)];
  const saturated = Float64Array.from({ length: 256 }, (_, s) => Math.min(255, Math.trunc(s * factor)) / 255);
  const turned = Int32Array.from({ length: 2 * CIRCLE }, (_, h) => (h + turn + CIRCLE) % CIRCLE); // from -CIRCLE on
  const sectors = Int32Array.from({ length: CIRCLE }, (_, h) => Math.floor(h / SECTOR));
  const falls = Float64Array.from({ length: CIRCLE }, (_, h) => fall(h / SECTOR));
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i] as number;
    const g = data[i + 1] as number;
    const b = data[i + 2] as number;
    const value = Math.max(r, g, b);
    const spread = value - Math.min(r, g, b);
    const along = value === r ? g - b : value === g ? b - r + 2 * spread : r - g + 4 * spread;
    const hue = turned[CIRCLE + ((along * (perSpread[spread] as number) + HALF) >> BITS)] as number;
    const share = saturated[(spread * (perValue[value] as number) + HALF) >> BITS] as number;
    const sector = sectors[hue] as number;
    const low = (value * (1 - share) + 0.5) | 0;
    const middle = (value * (1 - share * (falls[hue] as number)) + 0.5) | 0;
    out.data[i] = sector === 0 || sector === 5 ? value : sector === 1 || sector === 4 ? middle : low;
    out.data[i + 1] = sector === 1 || sector === 2 ? value : sector === 0 || sector === 3 ? middle : low;
    out.data[i + 2] = sector === 3 || sector === 4 ? value : sector === 2 || sector === 5 ? middle : low;
  }
  return out;
}

/** How far the middle channel lies below the largest: in odd sectors it falls, in even ones it rises. */
function fall(sectors: number): number {
  const sector = Math.floor(sectors);
  return sector % 2 === 1 ? sectors - sector : 1 - (sectors - sector);
}

/** n / i of each i up to 255, and 0 for 0. */
function quotients(n: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, i) => (i === 0 ? 0 : Math.round((n << BITS) / i)));
}
