import type { Tensor } from '@tensorflow/tfjs-core';
import type { Argument, Engine } from '../engine/engine';

/** Tensors by slot: `{ in, weight, bias }`. */
export type Values = { readonly [slot: string]: Tensor };

/** The shape of a value for any batch: `[samples * rows, ...dims]`. */
export interface Spec {
  /** Rows that one sample takes on the first axis: tokens for `[b*n, c]`, 1 for `[b, ...]`. */
  readonly rows: number;
  readonly dims: readonly number[];
  readonly dtype?: 'float32' | 'int32';
  /** How the value divides into attention heads: over its columns (`[b*n, h*d]`) or over its second axis (`[b, h, n, n]`). */
  readonly heads?: { readonly count: number; readonly axis: 'columns' | 'second' };
}

export type Specs = { readonly [slot: string]: Spec };

/** What the plain tfjs definition of an op may ask. */
export interface PlainContext {
  /** Samples in this call, and the index of the first one in the step's micro-batch. */
  readonly samples: number;
  readonly firstSample: number;
  /** Key of the random draws of this call: from (seed, step, micro-batch, name). */
  readonly key: readonly [number, number];
  /** False during evaluation: no drop path. */
  readonly training: boolean;
}

/** What the fused definition may ask. Destinations come from here, so that lifetimes and in-place use are decided in one place. */
export interface Context extends PlainContext {
  readonly engine: Engine;
  /** Queue a command: see kernel-lib/engine/kernels/COMMANDS.md. */
  queue(command: string, args: readonly Argument[], scratchBytes?: number): void;
  /** The panels of a weight for the `linear` command, packed once per segment run: B = w (`[k, n]`) or w^T. Do not dispose of it. */
  panels(w: Tensor, transposed: boolean): Tensor;
  /** Another tensor made of parameters alone: `make` fills it once per segment run, later calls by that name get it. Do not dispose of it. */
  once(name: string, shape: readonly number[], make: (out: Tensor) => void): Tensor;
  /**
   * Forward: the destination of an output. With `reuse`, the storage of that input where this op is its last reader.
   * An inner value that nobody wants gives `null`.
   */
  out(slot: string, reuse?: Tensor): Tensor;
  /** Forward: whether anybody wants this inner output. */
  wants(slot: string): boolean;
  /** Forward in training: where the next value of a buffer goes; `null` when nobody will commit it. */
  next(slot: string): Tensor | null;
  /**
   * Backward: where the gradient of an input or parameter goes, and whether to add to what is there; `null` when nobody wants it.
   * With `reuse`, the storage of that output gradient or restored value where this op is its last reader.
   */
  into(slot: string, reuse?: Tensor): { readonly tensor: Tensor; readonly add: 0 | 1 } | null;
  /** Backward: the gradient of an input equals this output gradient, unchanged (no copy where it can be shared). */
  pass(slot: string, dy: Tensor): void;
  /** Rows of a tensor as a view, released when the op returns. */
  rows(t: Tensor, start: number, count: number): Tensor;
  /** The same elements in another shape, released when the op returns. */
  reshape(t: Tensor, shape: readonly number[]): Tensor;
  /** A transient tensor, released when the op returns. */
  scratch(shape: readonly number[], dtype?: 'float32' | 'int32' | 'bool'): Tensor;
}

/** A way to get values from others, beside running the op forward again. */
export interface Recipe<A> {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** True: only the op's own backward kernel recomputes it, in scratch; it is never a tensor. */
  readonly inKernel?: boolean;
  plain(x: Values, attrs: A, c: PlainContext): Values;
  fused?(c: Context, x: Values, attrs: A): Values;
  flops(specs: Specs, attrs: A): number;
}

/**
 * An operation. It neither stores nor frees: it declares what each gradient reads, and the tape keeps, restores and releases.
 * The plain definition is made of tfjs calls and runs on any backend; the fused one queues commands of our own engine.
 */
export interface Op<A = Record<string, never>> {
  readonly name: string;
  /** Prefix of the roles of its slots, `attention.q`; the name if absent. */
  readonly role?: string;
  readonly inputs: readonly string[];
  readonly params: readonly string[];
  /** Parameters that may be absent: the bias of a layer without one. */
  readonly optional?: readonly string[];
  readonly outputs: readonly string[];
  /** Outputs that the fused kernel only writes when somebody wants them. */
  readonly inner?: readonly string[];
  /** Reduces over the batch: its segment runs the micro-batch in one slice. */
  readonly whole?: true;
  /** Outputs' specs per sample from the inputs' and the parameters' (`rows: 1`); throws a MesaError when they do not fit. */
  specs(specs: Specs, attrs: A): Specs;
  /** For the gradient of each input and parameter, the slots (inputs and outputs, not parameters) that it reads. */
  readonly reads: { readonly [slot: string]: readonly string[] };
  readonly recipes?: readonly Recipe<A>[];
  /** Floating point operations of one sample forward. */
  flops(specs: Specs, attrs: A): number;

  /** The outputs by slot; in training also the next values of buffers, by theirs. */
  forward(x: Values, attrs: A, c: PlainContext): Values;
  /** Gradients of inputs and parameters, by slot, from those of the outputs; slots that `want` lacks may be left out. */
  backward(x: Values, dy: Values, attrs: A, c: PlainContext, want: ReadonlySet<string>): Values;

  readonly fused?: {
    forward(c: Context, x: Values, attrs: A): void;
    backward(c: Context, x: Values, dy: Values, attrs: A): void;
  };
}
