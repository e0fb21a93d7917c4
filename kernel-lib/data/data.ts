export { type Batch, type Batches, type BatchesOptions, batches, type Position } from './batches';
export { cifar100 } from './cifar100';
export { type Dataset, dataset, type LabelledImages, type Split } from './dataset';
export { type MnistOptions, mnist } from './mnist';
export { type NoiseOptions, noise } from './noise';
