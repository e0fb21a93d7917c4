import { colorJitter } from './color-jitter';
import { BLACK, cut } from './cut';
import { draws, type SampleKey } from './draws';
import { erase } from './erase';
import { filters } from './filters';
import { flipImage } from './flip';
import { checkImage, type RawImage } from './image';
import { IMAGENET, meanColor, normalise } from './normalise';
import type { ClassificationPipeline, Complete } from './pipeline';
import { randAugment } from './rand-augment';
import { randomCrop, upTo } from './random-crop';
import { resize } from './resize';
import type { Transform } from './transform';

type Step = (image: RawImage, key: SampleKey) => RawImage;

const DEFAULTS = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3], interpolation: 'bicubic', flip: 0.5, ...IMAGENET } as const;

/** Training pictures as DeiT makes them with timm: crop, flip, RandAugment or colour jitter; then normalised and erased. */
export function classification(options: ClassificationPipeline): Transform {
  const pipeline = { ...DEFAULTS, ...options };
  const steps = [crop(pipeline), mirror(pipeline.flip), ...colors(pipeline)];
  const toPlanes = normalise(pipeline);
  const eraser = pipeline.erase && erase(pipeline.erase);
  return {
    size: [pipeline.size, pipeline.size],
    picture({ image }, key) {
      checkImage(image);
      return { image: steps.reduce((picture, step) => step(picture, key), image) };
    },
    write(picture, key, out) {
      toPlanes(picture, out);
      eraser?.(out, picture.height, picture.width, key);
    },
  };
}

function crop({ size, scale, ratio, padding, interpolation }: Complete<ClassificationPipeline, typeof DEFAULTS>): Step {
  const side = { width: size, height: size };
  if (padding === undefined)
    return (image, key) => resize(image, { ...side, from: randomCrop(image, scale, ratio, key) }, filters[interpolation]);
  return (image, key) => {
    const [x, y] = draws(key, 'crop', 2) as unknown as [number, number];
    const place = (length: number, share: number): number => upTo(Math.max(0, length + 2 * padding - size), share) - padding;
    return cut(image, { ...side, left: place(image.width, x), top: place(image.height, y) }, BLACK);
  };
}

function mirror(probability: number): Step {
  return (image, key) => ((draws(key, 'flip', 1)[0] as number) < probability ? flipImage(image) : image);
}

function colors(pipeline: Complete<ClassificationPipeline, typeof DEFAULTS>): Step[] {
  const { randAugment: notation, colorJitter: strength, jitterBesideRandAugment, interpolation } = pipeline;
  const steps: Step[] = [];
  if (notation) steps.push(randAugment(notation, meanColor(pipeline), interpolation));
  if (strength && (!notation || jitterBesideRandAugment)) steps.push(colorJitter(strength));
  return steps;
}
