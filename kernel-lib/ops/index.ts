import type { Op } from '../tape/op';
import { attention } from './attention';
import { crossEntropy } from './cross-entropy';
import { gelu } from './gelu';
import { linear } from './linear';
import { lora } from './lora';
import { normalise } from './normalise';
import { patchEmbed } from './patch-embed';
import { positions } from './positions';
import { qkv } from './qkv';
import { residual } from './residual';
import { softCrossEntropy } from './soft-cross-entropy';
import { takeRow } from './take-row';

/** Every op of the library: the tests go through this list. */
// biome-ignore lint/suspicious/noExplicitAny: ops of every attribute type
export const ops: readonly Op<any>[] = [
  attention,
  crossEntropy,
  gelu,
  linear,
  lora,
  normalise,
  patchEmbed,
  positions,
  qkv,
  residual,
  softCrossEntropy,
  takeRow,
];

export { attention, crossEntropy, gelu, linear, lora, normalise, patchEmbed, positions, qkv, residual, softCrossEntropy, takeRow };
