/** How often pixels of one class (rows) were taken for another (columns), [classes * classes]. */
export type Confusion = Float64Array;

/** Counts pixels by label and prediction; a label below 0 is left out. */
export function countPixels(confusion: Confusion, labels: Int32Array, predicted: Int32Array): void {
  const classes = Math.sqrt(confusion.length);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (label >= 0) (confusion[label * classes + (predicted[i] as number)] as number)++;
  }
}

/** What a confusion matrix says. */
export interface Overlap {
  /** Share of the pixels that have their label's class. */
  readonly accuracy: number;
  /** Intersection over union of each class; null for one that neither labels nor predictions have. */
  readonly iou: readonly (number | null)[];
  /** Mean over the classes that occur. */
  readonly meanIou: number;
}

/**
 * Intersection over union from counts of pixels, as mmsegmentation's mIoU: over all images at once, without classes that never occur.
 *
 * @example
 * const { meanIou } = overlap(confusion);
 */
export function overlap(confusion: Confusion): Overlap {
  const classes = Math.sqrt(confusion.length);
  const indices = Array.from({ length: classes }, (_, i) => i);
  const count = (label: number, predicted: number): number => confusion[label * classes + predicted] as number;
  const sum = (f: (i: number) => number): number => indices.reduce((total, i) => total + f(i), 0);
  const iou = indices.map((c) => {
    const union = sum((i) => count(c, i)) + sum((i) => count(i, c)) - count(c, c);
    return union > 0 ? count(c, c) / union : null;
  });
  const occurring = iou.filter((v) => v !== null);
  return {
    accuracy: sum((c) => count(c, c)) / sum((c) => sum((i) => count(c, i))),
    iou,
    meanIou: occurring.reduce((a, b) => a + b, 0) / occurring.length,
  };
}
