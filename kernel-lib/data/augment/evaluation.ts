import { BLACK, cut } from './cut';
import { filters } from './filters';
import { type Box, checkImage, type RawImage } from './image';
import { IMAGENET, normalise } from './normalise';
import type { EvaluationPipeline } from './pipeline';
import { resize } from './resize';
import type { Transform } from './transform';

const DEFAULTS = { interpolation: 'bicubic', ...IMAGENET } as const;

/** Evaluation pictures as torchvision makes them: shorter side resized, centre cut out, black where a picture is smaller. */
export function evaluation(options: EvaluationPipeline): Transform {
  const pipeline = { ...DEFAULTS, ...options };
  const { resize: shorter, crop, interpolation } = pipeline;
  const toPlanes = normalise(pipeline);
  return {
    size: [crop, crop],
    picture({ image }) {
      checkImage(image);
      if (shorter === undefined) return { image: cut(image, centre(image, crop), BLACK) };
      const size = scaled(image, shorter);
      const box = centre(size, crop);
      if (crop > shorter) return { image: cut(resize(image, size, filters[interpolation]), box, BLACK) };
      return { image: resize(image, { ...size, window: box }, filters[interpolation]) };
    },
    write: (picture, _, out) => toPlanes(picture, out),
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function scaled({ width, height }: RawImage, shorter: number): Size {
  return width < height
    ? { width: shorter, height: Math.trunc((shorter * height) / width) }
    : { width: Math.trunc((shorter * width) / height), height: shorter };
}

function centre({ width, height }: Size, side: number): Box {
  return { left: halfEven(width - side), top: halfEven(height - side), width: side, height: side };
}

/** Half of a whole number, 0.5 to the even neighbour: Python's `round`, which decides where the centre of an odd difference lies. */
function halfEven(n: number): number {
  const low = Math.floor(n / 2);
  return n % 2 === 0 || low % 2 === 0 ? low : low + 1;
}
