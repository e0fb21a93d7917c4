import { cut } from './cut';
import { betweenNeighbours } from './filters';
import { checkImage, checkMask, IGNORED } from './image';
import { IMAGENET, meanColor, normalise } from './normalise';
import type { SegmentationEvaluationPipeline } from './pipeline';
import { resize, whole } from './resize';
import { resizeMask } from './resize-mask';
import { sizeInFrame, sizeWithin } from './size-within';
import type { Transform } from './transform';

/** Evaluation pictures with masks at the scale of the model: resized to fit, padded below and to the right. */
export function segmentationEvaluation(options: SegmentationEvaluationPipeline): Transform {
  const pipeline = { ...IMAGENET, ...options };
  const { scale, pad, multiple = 1 } = pipeline;
  const fill = meanColor(pipeline);
  const toPlanes = normalise(pipeline);
  const rounded = (side: number): number => multiple * Math.ceil(side / multiple);
  return {
    size: pad ? [pad[1], pad[0]] : null,
    picture({ image, mask }) {
      checkImage(image);
      if (mask) checkMask(image, mask);
      const size = pad ? sizeInFrame(sizeWithin(image, scale), pad) : sizeWithin(image, scale);
      const frame = { left: 0, top: 0, width: pad?.[0] ?? rounded(size.width), height: pad?.[1] ?? rounded(size.height) };
      const padded = { image: cut(resize(image, size, betweenNeighbours), frame, fill) };
      return mask ? { ...padded, mask: cut(resizeMask(mask, size.width, size.height, whole(size)), frame, [IGNORED]) } : padded;
    },
    write: (picture, _, out) => toPlanes(picture, out),
  };
}
