export {
  type BatchKey,
  type ClassificationPipeline,
  type Erase,
  type EvaluationPipeline,
  type Interpolation,
  type Mixable,
  type Mixing,
  mixing,
  type Normalisation,
  type Pipeline,
  type RawImage,
  type RawMask,
  type RawSample,
  type SampleKey,
  type SegmentationEvaluationPipeline,
  type SegmentationPipeline,
  type Transform,
  transformOf,
} from './augment/index';
export { type Batch, type Batches, type BatchesOptions, batches } from './batches';
export { cifar100 } from './cifar100';
export { type Dataset, dataset, type LabelledImages, type Split } from './dataset';
export { decodeImage } from './decode/decode-image';
export { decodeMask } from './decode/decode-mask';
export type { MaskCodes } from './decode/mask-codes';
export { type CheckOptions, type CheckReport, check } from './fetch/check';
export { type GetOptions, get } from './fetch/get';
export type { Loader } from './loader/loader';
export type { LoaderOptions } from './loader/options';
export type { BadSample, LoaderReport, SkippedFile } from './loader/report';
export { type MnistOptions, mnist } from './mnist';
export { type NoiseOptions, noise } from './noise';
export type { Position } from './position';
export { type Ade20k, type Ade20kOptions, ade20k } from './sets/ade20k';
export { type CamVid, camvid } from './sets/camvid';
export type { ImageFiles, LabelledFiles, MaskedFiles } from './sets/image-files';
export { imageFolder } from './sets/image-folder';
export { type ImageNet, type ImageNetOptions, imagenet } from './sets/imagenet';
export type { ReadOptions } from './sets/problems';
