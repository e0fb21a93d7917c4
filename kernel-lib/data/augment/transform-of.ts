import { checkPipeline } from './check-pipeline';
import { classification } from './classification';
import { evaluation } from './evaluation';
import type { Pipeline } from './pipeline';
import { segmentation } from './segmentation';
import { segmentationEvaluation } from './segmentation-evaluation';
import type { Transform } from './transform';

/**
 * The functions of a pipeline.
 *
 * @example
 * const { picture, write } = transformOf({ kind: 'evaluation', resize: 256, crop: 224 });
 * const key = { seed: 0, epoch: 0, place: 0 };
 * write(picture({ image }, key).image, key, out);
 */
export function transformOf(pipeline: Pipeline): Transform {
  checkPipeline(pipeline);
  switch (pipeline.kind) {
    case 'classification':
      return classification(pipeline);
    case 'evaluation':
      return evaluation(pipeline);
    case 'segmentation':
      return segmentation(pipeline);
    case 'segmentation-evaluation':
      return segmentationEvaluation(pipeline);
  }
}
