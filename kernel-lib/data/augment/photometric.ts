import { draws, type SampleKey } from './draws';
import { saturate, turnHue } from './hue';
import type { RawImage } from './image';
import type { Pair } from './pipeline';
import { between } from './random-crop';
import { type Table, table, through } from './tables';

const BRIGHTNESS = [-32, 32] as const;
const CONTRAST = [0.5, 1.5] as const;
const SATURATION = [0.5, 1.5] as const;
const HUE = [-18, 18] as const; // in steps of 2 degrees, the last excluded

/** mmsegmentation's photometric distortion: each of four changes with probability 1/2, contrast before or after the colours. */
export function photometric(image: RawImage, key: SampleKey): RawImage {
  const u = draws(key, 'photometric', 9);
  const perhaps = (change: number, range: Pair, none: number): number =>
    (u[2 * change] as number) < 0.5 ? between(range, u[2 * change + 1] as number) : none;
  const light = perhaps(0, BRIGHTNESS, 0);
  const gain = perhaps(1, CONTRAST, 1);
  const saturation = perhaps(2, SATURATION, 1);
  const turn = Math.floor(perhaps(3, HUE, 0));
  const brightened = table((v) => v + light);
  const contrasted = table((v) => v * gain);
  if ((u[8] as number) < 0.5) return colored(through([after(brightened, contrasted)], image), saturation, turn);
  return through([contrasted], colored(through([brightened], image), saturation, turn));
}

function colored(image: RawImage, saturation: number, turn: number): RawImage {
  const saturated = saturation === 1 ? image : saturate(image, saturation);
  return turn === 0 ? saturated : turnHue(saturated, turn);
}

function after(first: Table, second: Table): Table {
  return first.map((v) => second[v] as number);
}
