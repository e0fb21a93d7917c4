import { util } from '@tensorflow/tfjs-core';
import { type Replacement, type Replacements, sizeOf } from './replacement';

/** Another handle on the same data, perhaps in another shape. */
const reshape: Replacement = (backend, { x }, { shape }) => {
  if (!x || x.dtype === 'complex64') return null;
  const size = sizeOf(x.shape);
  const inferred = util.inferFromImplicitShape((shape as number[] | undefined) ?? x.shape, size);
  util.assert(
    size === sizeOf(inferred),
    () =>
      `The new shape (${inferred}) has ${sizeOf(inferred)} elements and the old shape (${x.shape}) has ` +
      `${size} elements. The new shape and old shape must have the same number of elements.`,
  );
  return backend.again(x, inferred);
};

export const share: Replacements = { Identity: reshape, Reshape: reshape };
