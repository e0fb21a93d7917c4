import { largestShare } from './class-share';
import { cut } from './cut';
import { draws, type SampleKey } from './draws';
import { betweenNeighbours } from './filters';
import { flipImage, flipMask } from './flip';
import { type Box, checkImage, checkMask, IGNORED, type RawMask } from './image';
import { IMAGENET, meanColor, normalise } from './normalise';
import { photometric } from './photometric';
import type { Complete, SegmentationPipeline } from './pipeline';
import { between, upTo } from './random-crop';
import { resize } from './resize';
import { resizeMask } from './resize-mask';
import { sizeWithin } from './size-within';
import type { Transform } from './transform';

const DEFAULTS = { ratio: [0.5, 2], maxShareOfOneClass: 1, flip: 0.5, photometric: false, ...IMAGENET } as const;
const TRIES = 10;

/** Training pictures with masks as mmsegmentation makes them: resize, crop, flip, photometric distortion, padding. */
export function segmentation(options: SegmentationPipeline): Transform {
  const pipeline = { ...DEFAULTS, ...options };
  const [width, height] = pipeline.crop;
  const fill = meanColor(pipeline);
  const toPlanes = normalise(pipeline);
  return {
    size: [height, width],
    picture({ image, mask }, key) {
      checkImage(image);
      if (mask) checkMask(image, mask);
      const [zoom, mirrored] = draws(key, 'resize-flip', 2) as unknown as [number, number];
      const ratio = between(pipeline.ratio, zoom);
      const size = sizeWithin(image, [Math.trunc(pipeline.scale[0] * ratio), Math.trunc(pipeline.scale[1] * ratio)]);
      const { box, labels } = drawCrop(size, pipeline, mask, key);
      let picture = resize(image, { ...size, window: box }, betweenNeighbours);
      if (mirrored < pipeline.flip) picture = flipImage(picture);
      if (pipeline.photometric) picture = photometric(picture, key);
      const frame = { left: 0, top: 0, width, height };
      const padded = { image: cut(picture, frame, fill) };
      return labels ? { ...padded, mask: cut(mirrored < pipeline.flip ? flipMask(labels) : labels, frame, [IGNORED]) } : padded;
    },
    write: (picture, _, out) => toPlanes(picture, out),
  };
}

interface Crop {
  readonly box: Box;
  readonly labels: RawMask | undefined;
}

/** A crop of the resized picture, drawn again while one class has too much of it; the last of ten tries is taken as it is. */
function drawCrop(
  size: { readonly width: number; readonly height: number },
  { crop: [width, height], maxShareOfOneClass }: Complete<SegmentationPipeline, typeof DEFAULTS>,
  mask: RawMask | undefined,
  key: SampleKey,
): Crop {
  const u = draws(key, 'crop', 2 * TRIES);
  const [w, h] = [Math.min(width, size.width), Math.min(height, size.height)];
  for (let i = 0; ; i += 2) {
    const box = { left: upTo(size.width - w, u[i] as number), top: upTo(size.height - h, u[i + 1] as number), width: w, height: h };
    const labels = mask && resizeMask(mask, size.width, size.height, box);
    const isLast = i + 2 >= u.length;
    if (!labels || maxShareOfOneClass >= 1 || isLast || largestShare(labels) < maxShareOfOneClass) return { box, labels };
  }
}
