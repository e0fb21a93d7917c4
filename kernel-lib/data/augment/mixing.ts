import { MesaError } from '../../errors';
import { type Key, key as keyOf, uniform } from '../../random/random';
import { symmetricBeta } from './beta';
import { checkMixing } from './check-pipeline';
import type { Box } from './image';
import type { Mixing } from './pipeline';
import { upTo } from './random-crop';

/** Normalised pictures with the classes they show. */
export interface Mixable {
  readonly count: number;
  readonly images: Float32Array; // [count, channels, height, width]
  /** [channels, height, width] */
  readonly imageShape: readonly number[];
  readonly labels: ArrayLike<number>; // [count]
}

/** Which batch of a training: its mixing depends on this alone. */
export interface BatchKey {
  readonly seed: number;
  readonly epoch: number;
  readonly batch: number;
}

const DEFAULTS = { mixup: 0.8, cutmix: 1, probability: 1, switch: 0.5, smoothing: 0.1 } as const;

/**
 * Mixes the pictures of a batch, in place, each with its partner from the other end, and returns the targets [count, classes].
 *
 * @example
 * const mix = mixing({ classes: 1000 });
 * const targets = mix(batch, { seed: 0, epoch: 0, batch: 12 });
 */
export function mixing(options: Mixing): (batch: Mixable, key: BatchKey) => Float32Array {
  checkMixing(options);
  const recipe = { ...DEFAULTS, ...options };
  return (batch, key) => {
    const [, height, width] = batch.imageShape as [number, number, number];
    const how = drawHow(recipe, height, width, key);
    if (how.kind === 'mixup') blendPartners(batch, how.share);
    if (how.kind === 'cutmix') swapBoxes(batch, how.box);
    return targets(batch, how.share, recipe);
  };
}

/** `share`: how much of a picture is its own. */
type How =
  | { readonly kind: 'none'; readonly share: 1 }
  | { readonly kind: 'mixup'; readonly share: number }
  | { readonly kind: 'cutmix'; readonly share: number; readonly box: Box };

function drawHow(
  { mixup, cutmix, probability, switch: toCutmix }: Required<Mixing>,
  height: number,
  width: number,
  { seed, epoch, batch }: BatchKey,
): How {
  const [happens, which, x, y] = uniform(keyOf(seed, epoch, batch, 'mixing'), 4) as unknown as [number, number, number, number];
  if (happens >= probability || (mixup === 0 && cutmix === 0)) return { kind: 'none', share: 1 };
  const isCutmix = mixup === 0 || (cutmix > 0 && which < toCutmix);
  const stream = (name: string): Key => keyOf(seed, epoch, batch, `mixing.${name}`);
  const share = symmetricBeta(stream('x'), stream('y'), isCutmix ? cutmix : mixup);
  if (!isCutmix) return { kind: 'mixup', share };
  const box = boxAround(upTo(width - 1, x), upTo(height - 1, y), Math.sqrt(1 - share), height, width);
  return { kind: 'cutmix', share: 1 - (box.width * box.height) / (width * height), box }; // what clipping left
}

/** A box with a share of each side around a centre, as far as it lies in the picture. */
function boxAround(x: number, y: number, side: number, height: number, width: number): Box {
  const [halfWidth, halfHeight] = [Math.trunc(width * side) >> 1, Math.trunc(height * side) >> 1];
  const [left, top] = [Math.max(0, x - halfWidth), Math.max(0, y - halfHeight)];
  return { left, top, width: Math.min(width, x + halfWidth) - left, height: Math.min(height, y + halfHeight) - top };
}

function blendPartners({ images, count }: Mixable, share: number): void {
  eachPair(images, count, (a, b) => {
    for (let i = 0; i < a.length; i++) {
      const [p, q] = [a[i] as number, b[i] as number];
      a[i] = share * p + (1 - share) * q;
      b[i] = share * q + (1 - share) * p;
    }
  });
}

function swapBoxes({ images, count, imageShape }: Mixable, { left, top, width, height }: Box): void {
  const [channels, rows, columns] = imageShape as [number, number, number];
  eachPair(images, count, (a, b) => {
    for (let c = 0; c < channels; c++) {
      for (let y = top; y < top + height; y++) {
        const from = (c * rows + y) * columns + left;
        const kept = a.slice(from, from + width);
        a.set(b.subarray(from, from + width), from);
        b.set(kept, from);
      }
    }
  });
}

/** The middle picture of an odd batch is its own partner: it stays. */
function eachPair(images: Float32Array, count: number, change: (a: Float32Array, b: Float32Array) => void): void {
  const size = images.length / count;
  for (let i = 0; i < count >> 1; i++) {
    const j = count - 1 - i;
    change(images.subarray(i * size, (i + 1) * size), images.subarray(j * size, (j + 1) * size));
  }
}

/** A share of the own class and the rest of the partner's, both smoothed. */
function targets({ labels, count }: Mixable, share: number, { classes, smoothing }: Required<Mixing>): Float32Array {
  const out = new Float32Array(count * classes).fill(smoothing / classes);
  for (let i = 0; i < count; i++) {
    out[i * classes + labelOf(labels, i, classes)]! += share * (1 - smoothing);
    out[i * classes + labelOf(labels, count - 1 - i, classes)]! += (1 - share) * (1 - smoothing);
  }
  return out;
}

function labelOf(labels: ArrayLike<number>, i: number, classes: number): number {
  const label = labels[i] as number;
  if (Number.isInteger(label) && label >= 0 && label < classes) return label;
  throw new MesaError('label-out-of-range', {
    at: 'batch.labels',
    says: `sample ${i} has label ${label}, the mixing has ${classes} classes`,
    try: `labels from 0 to ${classes - 1}`,
  });
}
