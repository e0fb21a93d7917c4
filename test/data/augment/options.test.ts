import { describe, expect, it } from 'vitest';
import { mixing } from '../../../kernel-lib/data/augment/mixing';
import type { Mixing, Pipeline } from '../../../kernel-lib/data/augment/pipeline';
import { transformOf } from '../../../kernel-lib/data/augment/transform-of';

/** The message for options as JSON brings them. */
function refusal(options: object, make: (o: never) => unknown = transformOf as (o: never) => unknown): string {
  try {
    make(options as never);
  } catch (e) {
    return (e as Error).message;
  }
  return 'accepted';
}

describe('options of a pipeline', () => {
  const valid: Pipeline[] = [
    { kind: 'classification', size: 224, scale: [0.08, 1], ratio: [3 / 4, 4 / 3], randAugment: 'rand-m9-mstd0.5-inc1', colorJitter: 0.4 },
    { kind: 'classification', size: 32, padding: 4, erase: { probability: 0.25, mode: 'pixel', count: 1 } },
    { kind: 'evaluation', resize: 256, crop: 224, interpolation: 'bilinear' },
    { kind: 'segmentation', scale: [2048, 512], ratio: [0.5, 2], crop: [512, 512], maxShareOfOneClass: 0.75, flip: 0.5, photometric: true },
    { kind: 'segmentation-evaluation', scale: [2048, 512], multiple: 32 },
  ];
  it.each(valid)('are accepted as JSON: $kind', (pipeline) => {
    expect(refusal(JSON.parse(JSON.stringify(pipeline)) as object)).toBe('accepted');
  });

  it.each([
    [
      { kind: 'classify' },
      'pipeline.kind: cannot be "classify" (try classification, evaluation, segmentation, segmentation-evaluation) [augment-option]',
    ],
    [{ kind: 'evaluation' }, 'pipeline.crop: is missing (try a whole number from 1) [augment-option]'],
    [{ kind: 'evaluation', crop: 22.4 }, 'pipeline.crop: cannot be 22.4 (try a whole number from 1) [augment-option]'],
    [{ kind: 'classification', size: 9, flip: 2 }, 'pipeline.flip: cannot be 2 (try a number from 0 to 1) [augment-option]'],
    [
      { kind: 'classification', size: 9, scale: [1, 0.08] },
      'pipeline.scale: cannot be [1,0.08] (try two positive numbers, the smaller first, up to 1) [augment-option]',
    ],
    [{ kind: 'classification', size: 9, std: [0, 1, 1] }, 'pipeline.std: cannot be [0,1,1] (try three positive numbers) [augment-option]'],
    [
      { kind: 'classification', size: 9, erase: { probability: 1, mode: 'const' } },
      'pipeline.erase.mode: cannot be "const" (try pixel, channel, zero) [augment-option]',
    ],
    [
      { kind: 'segmentation-evaluation', scale: [9, 9], pads: [9, 9] },
      'pipeline.pads: is no option here (try kind, mean, std, scale, pad, multiple) [augment-option]',
    ],
  ])('are refused with what would do: %j', (options, message) => {
    expect(refusal(options)).toBe(message);
  });

  it('are refused where RandAugment is not one that is there', () => {
    expect(refusal({ kind: 'classification', size: 9, randAugment: 'original' })).toContain(
      "pipeline.randAugment: 'original' is not known here",
    );
  });

  it('are checked for mixing, too', () => {
    expect(refusal({ classes: 0 }, mixing as (o: never) => unknown)).toContain('mixing.classes: cannot be 0');
    expect(refusal({ classes: 2, mixup: 0.8, cutmix: 1, switch: 0.5 } satisfies Mixing, mixing as (o: never) => unknown)).toBe('accepted');
  });
});
