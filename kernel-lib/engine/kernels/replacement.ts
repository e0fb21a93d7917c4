import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { MesaBackend } from '../backend';

/** Inputs of a kernel call by name (by index where tfjs passes a list). */
export type Inputs = { readonly [name: string]: TensorInfo };
/** Attributes of a kernel call; every replacement knows those of its own kernel. */
export type Attributes = { readonly [name: string]: unknown };

/** Answers a kernel call with commands, or declines with `null`: then the stock kernel runs. */
export type Replacement = (backend: MesaBackend, inputs: Inputs, attributes: Attributes) => TensorInfo | null;
export type Replacements = { readonly [kernelName: string]: Replacement };

export const sizeOf = (shape: readonly number[]): number => util.sizeFromShape(shape as number[]);

/** Elements between neighbours along each axis of a contiguous array. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i--] as number) strides[i] = step;
  return strides;
}

/** An array as several operands walk it: one stride of each operand for each dimension. */
export interface Layout {
  dims: number[];
  /** By operand, then dimension. */
  strides: number[][];
}

/** Drops dimensions of length 1 and joins neighbours that every operand walks as one, so that few and long ones are left. */
export function joined({ dims, strides }: Layout): Layout {
  const out: Layout = { dims: [], strides: strides.map(() => []) };
  for (let i = 0; i < dims.length; i++) {
    const length = dims[i] as number;
    if (length === 1) continue;
    const last = out.dims.length - 1;
    const steps = strides.map((s) => s[i] as number);
    if (last >= 0 && out.strides.every((s, k) => s[last] === (steps[k] as number) * length)) {
      out.dims[last] = (out.dims[last] as number) * length;
      out.strides.forEach((s, k) => {
        s[last] = steps[k] as number;
      });
    } else {
      out.dims.push(length);
      out.strides.forEach((s, k) => {
        s.push(steps[k] as number);
      });
    }
  }
  return out;
}

/** Adds dimensions of length 1 in front until there are `rank`. */
export function atLeast(rank: number, { dims, strides }: Layout): Layout {
  const missing = new Array<number>(Math.max(0, rank - dims.length));
  return { dims: [...missing.fill(1), ...dims], strides: strides.map((s) => [...missing.map(() => 0), ...s]) };
}
