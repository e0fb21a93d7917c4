import { cut } from './cut';
import { betweenNeighbours } from './filters';
import { checkImage, checkMask, IGNORED, type RawImage, type RawMask, type RawSample } from './image';
import { IMAGENET, meanColor, normalise } from './normalise';
import type { Pair, SegmentationEvaluationPipeline } from './pipeline';
import { resize, whole } from './resize';
import { resizeMask } from './resize-mask';
import { type Size, sizeInFrame, sizeWithin } from './size-within';
import type { Transform } from './transform';

/**
 * Evaluation pictures with masks at the scale of the model: resized to fit, then padded below and to the right, or stretched to sides that
 * the model takes, as PVT's AlignResize does.
 */
export function segmentationEvaluation(options: SegmentationEvaluationPipeline): Transform {
  const pipeline = { ...IMAGENET, ...options };
  const { scale, pad, multiple = 1 } = pipeline;
  const fill = meanColor(pipeline);
  const toPlanes = normalise(pipeline);
  const raised = (side: number): number => multiple * Math.ceil(side / multiple);
  return {
    size: pad ? [pad[1], pad[0]] : null,
    picture({ image, mask }) {
      checkImage(image);
      if (mask) checkMask(image, mask);
      const fitting = sizeWithin(image, scale);
      if (pad) return padded(resized(image, mask, sizeInFrame(fitting, pad)), pad, fill);
      const stretched = { width: raised(fitting.width), height: raised(fitting.height) };
      return resized(resize(image, fitting, betweenNeighbours), mask, stretched);
    },
    write: (picture, _, out) => toPlanes(picture, out),
  };
}

function resized(image: RawImage, mask: RawMask | undefined, size: Size): RawSample {
  const picture = { image: resize(image, size, betweenNeighbours) };
  return mask ? { ...picture, mask: resizeMask(mask, size.width, size.height, whole(size)) } : picture;
}

function padded({ image, mask }: RawSample, [width, height]: Pair, fill: readonly number[]): RawSample {
  const frame = { left: 0, top: 0, width, height };
  return { image: cut(image, frame, fill), ...(mask && { mask: cut(mask, frame, [IGNORED]) }) };
}
