// Segmentation evaluated as published: every picture whole, in a size of its own, and compared at each pixel of its mask.
import { type RawMask, type RawSample, type SegmentationEvaluationPipeline, transformOf } from '../data/augment/index';
import type { MaskedFiles } from '../data/data';
import { toLabels } from '../data/decode/mask-codes';
import { readSample } from '../data/loader/read-sample';
import { badSample, errorOf } from '../data/loader/report';
import { epochOrder } from '../data/order';
import { MesaError } from '../errors';
import type { Resizing } from '../ops/interpolation';
import type { Evaluation } from '../train/evaluate';
import { mapScores, mapsOf } from '../train/evaluate-segmentation';
import { pixelsOf } from '../train/pixel-labels';
import type { EvaluatorOptions } from './evaluator';
import type { ModelAtSize } from './model-at-size';

export interface PicturesOptions extends EvaluatorOptions {
  /** Without `pad`. */
  readonly pipeline: SegmentationEvaluationPipeline;
  /** So many pictures; all when absent. */
  readonly images?: number | undefined;
  readonly onBad?: 'stop' | 'skip' | undefined;
}

type MaskedSample = Required<RawSample>;

const DRAW = { seed: 0, epoch: 0, place: 0 }; // evaluation draws nothing

/** The loss is at the model's scale; all else counts pixels of the masks as they are. */
export async function evaluatePictures(model: ModelAtSize, part: MaskedFiles, options: PicturesOptions): Promise<Evaluation> {
  const { pipeline, images = part.count, onBad = 'stop', signal, onProgress, ...asked } = options;
  const { picture, write } = transformOf(pipeline);
  const total = Math.min(images, part.count);
  const order = epochOrder({ count: part.count, seed: 0, shuffle: total < part.count })(0);
  let scores: ReturnType<typeof mapScores> | undefined;
  for (let done = 0; done < total; done++) {
    if (signal?.aborted) throw new MesaError('stopped', { says: `evaluation was stopped after ${done} of ${total} images` });
    const sample = await read(part, order[done] as number, onBad);
    if (sample) {
      const { image, mask } = picture(sample, DRAW) as MaskedSample;
      const { width, height } = image;
      const values = new Float32Array(3 * height * width);
      write(image, DRAW, values);
      const setting = model.at([height, width]);
      const sizes = { ...(pixelsOf(setting.graph) as Resizing), to: [sample.mask.height, sample.mask.width] as const };
      const { losses, predicted } = mapsOf(setting, { count: 1, images: values, labels: labelsOf(mask) }, sizes);
      scores ??= mapScores(setting.graph, asked);
      scores.add(losses, labelsOf(sample.mask), predicted);
    }
    onProgress?.(done + 1, total);
  }
  if (!scores) throw new MesaError('nothing-to-evaluate', { says: 'no picture can be used', try: 'data.check on the folder' });
  return scores.result();
}

/** A picture with its mask, as they are; none where it cannot be used and may be skipped. */
async function read({ images, masks, codes }: MaskedFiles, index: number, onBad: 'stop' | 'skip'): Promise<MaskedSample | undefined> {
  const [image, mask] = [images[index] as string, masks[index] as string];
  try {
    return (await readSample({ image, mask }, codes)) as MaskedSample;
  } catch (e) {
    const bad = badSample(e, image);
    if (onBad === 'stop') throw errorOf(bad);
    return undefined;
  }
}

function labelsOf({ data }: RawMask): Int32Array {
  const labels = new Int32Array(data.length);
  toLabels(data, labels);
  return labels;
}
