import { key as keyOf, normal } from '../../random/random';
import { draws, type SampleKey } from './draws';
import type { Box } from './image';
import type { Erase } from './pipeline';
import { between, upTo } from './random-crop';

const DEFAULTS = { mode: 'pixel', count: 1, area: [0.02, 1 / 3], ratio: [0.3, 1 / 0.3] } as const;
const TRIES = 10;

/** Random erasing of a normalised picture [3, height, width], in place, as timm: 1 .. `count` rectangles. */
export function erase(options: Erase): (planes: Float32Array, height: number, width: number, key: SampleKey) => void {
  const { probability, mode, count } = { ...DEFAULTS, ...options };
  return (planes, height, width, key) => {
    const [happens, many] = draws(key, 'erase', 2) as unknown as [number, number];
    if (happens >= probability) return;
    const boxes = 1 + upTo(count - 1, many);
    for (let i = 0; i < boxes; i++) {
      const box = drawBox({ ...DEFAULTS, ...options }, height, width, boxes, draws(key, `erase.box.${i}`, 4 * TRIES));
      if (box) fill(planes, height, width, box, noise(mode, box, key, i));
    }
  };
}

/** Undefined where ten tries do not fit: the picture stays. */
function drawBox({ area, ratio }: Required<Erase>, height: number, width: number, boxes: number, u: Float32Array): Box | undefined {
  const logRatio = ratio.map(Math.log) as [number, number];
  for (let i = 0; i < u.length; i += 4) {
    const pixels = (between(area, u[i] as number) * height * width) / boxes;
    const aspect = Math.exp(between(logRatio, u[i + 1] as number));
    const [h, w] = [Math.round(Math.sqrt(pixels * aspect)), Math.round(Math.sqrt(pixels / aspect))];
    if (w < width && h < height)
      return { left: upTo(width - w, u[i + 2] as number), top: upTo(height - h, u[i + 3] as number), width: w, height: h };
  }
  return undefined;
}

/** The value of each number of a box, by (channel, pixel of the box). */
function noise(mode: Required<Erase>['mode'], { width, height }: Box, key: SampleKey, box: number): (c: number, i: number) => number {
  if (mode === 'zero') return () => 0;
  const pixels = mode === 'pixel' ? width * height : 1;
  const values = normal(keyOf(key.seed, key.epoch, key.place, `augment.erase.noise.${box}`), 3 * pixels);
  return mode === 'pixel' ? (c, i) => values[c * pixels + i] as number : (c) => values[c] as number;
}

function fill(planes: Float32Array, height: number, width: number, box: Box, value: (c: number, i: number) => number): void {
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < box.height; y++) {
      const row = (c * height + box.top + y) * width + box.left;
      for (let x = 0; x < box.width; x++) planes[row + x] = value(c, y * box.width + x);
    }
  }
}
