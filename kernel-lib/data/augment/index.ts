export type { SampleKey } from './draws';
export type { RawImage, RawMask, RawSample } from './image';
export { type BatchKey, type Mixable, mixing } from './mixing';
export type {
  ClassificationPipeline,
  Erase,
  EvaluationPipeline,
  Interpolation,
  Mixing,
  Normalisation,
  Pipeline,
  SegmentationEvaluationPipeline,
  SegmentationPipeline,
} from './pipeline';
export type { Transform } from './transform';
export { transformOf } from './transform-of';
