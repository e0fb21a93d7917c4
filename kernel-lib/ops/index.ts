import type { Op } from '../tape/op';
import { addPositions } from './add-positions';
import { attention } from './attention';
import { batchNorm } from './batch-norm';
import { conv2d } from './conv2d';
import { crossEntropy } from './cross-entropy';
import { dropChannels } from './drop-channels';
import { gelu } from './gelu';
import { linear } from './linear';
import { lora } from './lora';
import { meanRows } from './mean-rows';
import { mergePatches } from './merge-patches';
import { normalise } from './normalise';
import { patchEmbed } from './patch-embed';
import { pixelCrossEntropy } from './pixel-cross-entropy';
import { positions } from './positions';
import { kv, qkv } from './qkv';
import { relu } from './relu';
import { residual } from './residual';
import { resize } from './resize';
import { softCrossEntropy } from './soft-cross-entropy';
import { takeRows } from './take-rows';
import { windowAttention } from './window-attention';
import { windowMerge } from './window-merge';
import { windowPartition } from './window-partition';

/** Every op of the library: the tests go through this list. */
// biome-ignore lint/suspicious/noExplicitAny: ops of every attribute type
export const ops: readonly Op<any>[] = [
  addPositions,
  attention,
  batchNorm,
  conv2d,
  crossEntropy,
  dropChannels,
  gelu,
  kv,
  linear,
  lora,
  meanRows,
  mergePatches,
  normalise,
  patchEmbed,
  pixelCrossEntropy,
  positions,
  qkv,
  relu,
  residual,
  resize,
  softCrossEntropy,
  takeRows,
  windowAttention,
  windowMerge,
  windowPartition,
];

export {
  addPositions,
  attention,
  batchNorm,
  conv2d,
  crossEntropy,
  dropChannels,
  gelu,
  kv,
  linear,
  lora,
  meanRows,
  mergePatches,
  normalise,
  patchEmbed,
  pixelCrossEntropy,
  positions,
  qkv,
  relu,
  residual,
  resize,
  softCrossEntropy,
  takeRows,
  windowAttention,
  windowMerge,
  windowPartition,
};
