import { util } from '@tensorflow/tfjs-core';
import { type Replacement, type Replacements, sizeOf } from './replacement';

/** Another handle on the same storage, perhaps in another shape; not for strings and complex numbers. */
const reshape: Replacement = (backend, { x }, { shape }) => {
  if (!x || !['float32', 'int32', 'bool'].includes(x.dtype)) return null;
  const size = sizeOf(x.shape);
  const inferred = util.inferFromImplicitShape((shape as number[] | undefined) ?? x.shape, size);
  util.assert(size === sizeOf(inferred), () => `The new shape (${inferred}) has ${sizeOf(inferred)} elements and the old shape (${x.shape}) has ` +
    `${size} elements. The new shape and old shape must have the same number of elements.`);
  return backend.viewInto(x, 0, inferred);
};

export const share: Replacements = { Identity: reshape, Reshape: reshape };
