import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { MesaBackend } from '../backend';
import type { DType } from '../engine';
import { type Replacement, type Replacements, sizeOf } from './replacement';

/** Types by their number in elementwise.c. */
const types: readonly string[] = ['float32', 'int32', 'bool'];

/** The stock kernel only relabels int32 as float32: on a heap the bits must change. */
const convert: Replacement = (backend, { x }, { dtype }) => {
  const from = types.indexOf(x?.dtype ?? '');
  const to = types.indexOf(dtype as string);
  if (!x || from < 0 || to < 0) return null;
  if (from === to) return backend.again(x, x.shape);
  const y = backend.make(x.shape, dtype as DType);
  if (backend.machine.form === 'js') convertHere(backend, x, y);
  else backend.queue.queue('cast', [x, y, sizeOf(x.shape), from, to]);
  return y;
};

function convertHere(backend: MesaBackend, x: TensorInfo, y: TensorInfo): void {
  const from = backend.entry(x).values;
  const to = backend.entry(y).values;
  if (y.dtype === 'bool') for (let i = 0; i < from.length; i++) to[i] = from[i] === 0 ? 0 : 1;
  else to.set(from);
}

export const cast: Replacements = { Cast: convert };
