import { type Confusion, overlap } from 'mesa-lab';

/** Pixels by label and prediction of each image of an evaluation, as a log stores them: [images][classes * classes]. */
export type Images = readonly (readonly number[])[];

/** A number, and where it would lie in 95 of 100 draws of as many images. */
export interface OverImages {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface OverImagesOptions {
  /** Runs to compare with, seed by seed: the value is the difference. */
  readonly against?: readonly Images[];
  readonly draws?: number;
  readonly seed?: number;
}

/** Mean intersection over union, mean of some runs, with a bootstrap interval over the images: all runs see the same draws of them. */
export function overImages(runs: readonly Images[], { against = [], draws = 1000, seed = 1 }: OverImagesOptions = {}): OverImages {
  const count = runs[0]?.length ?? 0;
  const random = generator(seed);
  const score = (picks: readonly number[]): number =>
    mean(runs.map((run) => meanIou(run, picks))) - (against.length ? mean(against.map((run) => meanIou(run, picks))) : 0);
  const drawn = Array.from({ length: draws }, () => score(Array.from({ length: count }, () => Math.floor(random() * count))));
  const sorted = drawn.filter(Number.isFinite).sort((a, b) => a - b); // a draw may have no labelled pixel
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
  return { value: score([...Array(count).keys()]), low: at(0.025), high: at(0.975) };
}

/** Mean intersection over union of some images, each as often as it is named. */
function meanIou(images: Images, picks: readonly number[]): number {
  const sum = new Float64Array(images[0]?.length ?? 0);
  for (const pick of picks)
    images[pick]?.forEach((pixels, i) => {
      sum[i]! += pixels;
    });
  return overlap(sum).meanIou;
}

/** What would be counted if every pixel were taken for the class with the most pixels of these images: the best constant there is. */
export function constantPrediction(images: Images): number[][] {
  const classes = Math.sqrt(images[0]?.length ?? 0);
  const labelled = images.map((image) => Array.from({ length: classes }, (_, c) => total(image.slice(c * classes, (c + 1) * classes))));
  const all = Array.from({ length: classes }, (_, c) => total(labelled.map((image) => image[c] as number)));
  const guess = all.indexOf(Math.max(...all));
  return labelled.map((image) => image.flatMap((pixels) => Array.from({ length: classes }, (_, c) => (c === guess ? pixels : 0))));
}

/** Pixels of all images together. */
export function together(images: Images): Confusion {
  return Float64Array.from(images[0] ?? [], (_, i) => total(images.map((image) => image[i] as number)));
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => total(values) / values.length;

/** Numbers from 0 to 1, the same ones for a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
