import { draws, type SampleKey } from './draws';
import { saturate, turnHue } from './hue';
import type { RawImage } from './image';
import { between } from './random-crop';
import { table, through } from './tables';

const BRIGHTNESS = [-32, 32] as const;
const CONTRAST = [0.5, 1.5] as const;
const SATURATION = [0.5, 1.5] as const;
const HUE = 18; // in steps of 2 degrees

/** mmsegmentation's photometric distortion: each of four changes with probability 1/2, contrast before or after the colours. */
export function photometric(image: RawImage, key: SampleKey): RawImage {
  const [brighten, offset, contrastFirst, spread, factor, saturate, strength, turn, angle] = draws(
    key,
    'photometric',
    9,
  ) as unknown as Nine;
  const light = brighten < 0.5 ? between(BRIGHTNESS, offset) : 0;
  const gain = spread < 0.5 ? between(CONTRAST, factor) : 1;
  const colorful = saturate < 0.5 ? between(SATURATION, strength) : 1;
  const hue = turn < 0.5 ? Math.floor(between([-HUE, HUE], angle)) : 0;
  const saturated = (picture: RawImage): RawImage => (colorful === 1 ? picture : saturate(picture, colorful));
  const colors = (picture: RawImage): RawImage => (hue === 0 ? saturated(picture) : turnHue(saturated(picture), hue));
  const brightened = table((v) => v + light);
  const contrasted = table((v) => v * gain);
  if (contrastFirst < 0.5) return through([contrasted], colors(through([brightened], image)));
  return colors(through([brightened.map((v) => contrasted[v] as number)], image));
}

type Nine = [number, number, number, number, number, number, number, number, number];
