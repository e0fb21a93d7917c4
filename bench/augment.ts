import { data } from 'mesa-lab';
import { operations } from '#lab/data/augment/rand-augment';
import { fixed } from '#lab/show/format';
import { textTable } from '#lab/show/text-table';
import { type Times, timesOf } from './rounds';

export interface AugmentOptions {
  readonly rounds: number;
  readonly only: RegExp;
}

/** What one picture takes on one thread. */
export type AugmentTimes = readonly (Times & { readonly name: string })[];

const PICTURES = 32; // a round, and a batch of mixing
const [WIDTH, HEIGHT] = [500, 375]; // common in ImageNet

const deit: data.ClassificationPipeline = {
  kind: 'classification',
  size: 224,
  randAugment: 'rand-m9-mstd0.5-inc1',
  erase: { probability: 0.25 },
};
const ade: data.SegmentationPipeline = { kind: 'segmentation', scale: [2048, 512], crop: [512, 512], maxShareOfOneClass: 0.75 };

const pipelines: Readonly<Record<string, data.Pipeline>> = {
  'crop and flip, bicubic': { kind: 'classification', size: 224 },
  'crop and flip, bilinear': { kind: 'classification', size: 224, interpolation: 'bilinear' },
  'DeiT: with RandAugment and erasing': deit,
  'crop, flip, colour jitter': { kind: 'classification', size: 224, colorJitter: 0.4 },
  'evaluation: 256, then 224': { kind: 'evaluation', resize: 256, crop: 224 },
  'ADE20K 512: resize, crop, flip': ade,
  'ADE20K 512: with photometric distortion': { ...ade, photometric: true },
};

/** Times of pipelines, of RandAugment's operations and of mixing; decoding is not in them. */
export function augmentTimes({ rounds, only }: AugmentOptions): AugmentTimes {
  const cases = Object.entries(allCases()).filter(([name]) => only.test(name));
  const ms = new Map<string, number[]>(cases.map(([name]) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, make] of cases) {
      const began = performance.now();
      for (let i = 0; i < PICTURES; i++) make(i);
      if (round >= 0) ms.get(name)?.push((performance.now() - began) / PICTURES); // the first warms up
    }
  }
  return cases.map(([name]) => ({ name, ...timesOf(ms.get(name) ?? []) }));
}

export function augmentTable(times: AugmentTimes): string {
  const rows = times.map(({ name, min, median }) => [name, fixed(min), fixed(median), fixed(1000 / median)]);
  return [
    `a picture of ${WIDTH}x${HEIGHT} (operations: of 224x224), without decoding, on one thread`,
    textTable(['augment', 'min, ms', 'median, ms', 'pictures/s'], rows),
  ].join('\n');
}

function allCases(): Record<string, (i: number) => void> {
  const sample = pictured();
  const small = data.transformOf({ kind: 'evaluation', crop: 224 }).picture(sample, { seed: 0, epoch: 0, place: 0 }).image;
  const setting = { level: 0.9, sign: 1, fill: [124, 116, 104], interpolation: 'bicubic' } as const;
  return {
    ...Object.fromEntries(Object.entries(pipelines).map(([name, pipeline]) => [name, through(pipeline, sample)])),
    ...Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, () => void operation(small, setting)])),
    'mixup or cutmix': mixed(),
  };
}

function through(pipeline: data.Pipeline, sample: data.RawSample): (place: number) => void {
  const { picture, write, size } = data.transformOf(pipeline);
  const [height, width] = size ?? [0, 0];
  const out = new Float32Array(3 * height * width);
  return (place) => {
    const key = { seed: 0, epoch: 0, place };
    write(picture(sample, key).image, key, out);
  };
}

/** A batch a round. */
function mixed(): (i: number) => void {
  const mix = data.mixing({ classes: 1000 });
  const images = new Float32Array(PICTURES * 3 * 224 * 224);
  const batch = { count: PICTURES, images, imageShape: [3, 224, 224], labels: new Int32Array(PICTURES) };
  return (i) => {
    if (i === 0) mix(batch, { seed: 0, epoch: 0, batch: i });
  };
}

/** Smooth noise with a mask of blocks. */
function pictured(): data.RawSample {
  const { images } = data.noise({ count: 1, channels: 3, height: HEIGHT, width: WIDTH });
  for (let i = 3; i < images.length; i++) images[i] = ((images[i] as number) + 3 * (images[i - 3] as number)) >> 2;
  const classes = Uint8Array.from(
    { length: WIDTH * HEIGHT },
    (_, i) => (Math.floor((i % WIDTH) / 50) + 10 * Math.floor(i / WIDTH / 50)) % 150,
  );
  return { image: { width: WIDTH, height: HEIGHT, data: images }, mask: { width: WIDTH, height: HEIGHT, data: classes } };
}
