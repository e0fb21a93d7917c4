import { describe, expect, it } from 'vitest';
import { countPixels, overlap } from '../../kernel-lib/train/confusion';

describe('intersection over union', () => {
  it('is of the pixels with a label, over the classes that occur', () => {
    const confusion = new Float64Array(16); // of 4 classes; 3 never occurs, 2 only where it is wrong
    countPixels(confusion, Int32Array.of(0, 0, 0, 1, 1, -1, -1), Int32Array.of(0, 0, 1, 1, 2, 3, 0));
    const { accuracy, iou, meanIou } = overlap(confusion);
    expect(iou).toEqual([2 / 3, 1 / 3, 0, null]);
    expect(meanIou).toBeCloseTo(1 / 3, 12);
    expect(accuracy).toBe(3 / 5);
  });

  it('adds pixels up over images, not their means', () => {
    const confusion = new Float64Array(4);
    countPixels(confusion, Int32Array.of(0, 0, 0, 0), Int32Array.of(0, 0, 0, 0));
    countPixels(confusion, Int32Array.of(1), Int32Array.of(0));
    expect([...confusion]).toEqual([4, 0, 1, 0]);
    expect(overlap(confusion).iou).toEqual([4 / 5, 0]);
  });
});
