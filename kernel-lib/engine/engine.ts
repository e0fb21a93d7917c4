import type { Tensor, TypedArray } from '@tensorflow/tfjs-core';
import type { Ledger } from './ledger';

/** What a byte is held for. The ledger books every allocation under one of these. */
export type Category = 'weights' | 'gradients' | 'optimizer' | 'saves' | 'transient' | 'data' | 'watch';

/** Where an engine computes: C kernels as an addon or as WebAssembly, plain JavaScript, nothing at all (planning), or another tfjs backend. */
export type Form = 'native' | 'wasm' | 'js' | 'dry' | 'stock';

/** `float32`, `int32`, or `bool`, which on our own heap is one byte an element and also carries codes. */
export type DType = 'float32' | 'int32' | 'bool';

/** How an allocation is booked. */
export interface Booking {
  readonly category?: Category;
  /** Dotted name of the value that the bytes hold. */
  readonly name?: string;
}

/**
 * A place where tensors live and commands run. Every tensor is a tfjs tensor on `backendName`, so any tfjs op works on it
 * (except on `dry`). The engine neither decides when a tensor is freed nor remembers it: `dispose()` of the tensor frees at once.
 */
export interface Engine {
  /** Name under which the tfjs backend is registered. */
  readonly backendName: string;
  readonly form: Form;
  /** Instruction set in use: `avx512`, `avx2`, `sse2`, `neon`, `simd128`, or `none`. */
  readonly isa: string;
  readonly threads: number;
  readonly ledger: Ledger;
  /** The C commands; `null` where only the plain tfjs definitions of the ops run (`js`, `stock`). */
  readonly kernels: Kernels | null;

  /** A tensor of undefined content. */
  empty(shape: readonly number[], dtype?: DType, booking?: Booking): Tensor;
  /** A tensor with a copy of `values`. On `dry` the values are ignored. */
  from(values: TypedArray, shape: readonly number[], dtype?: DType, booking?: Booking): Tensor;
  /** Rows `start .. start + count - 1` along the first axis: a view that shares storage on our heap, a copy elsewhere. */
  rows(t: Tensor, start: number, count: number): Tensor;
  /** The same elements in another shape: shares storage. */
  reshape(t: Tensor, shape: readonly number[]): Tensor;
  /** Another handle on the same storage; the storage goes with the last handle. */
  share(t: Tensor): Tensor;
  /** Book a tensor's bytes under another category and name. */
  label(t: Tensor, category: Category, name: string): void;
  /** Overwrites the content of `t`. Runs queued commands first. No-op on `dry`. */
  write(t: Tensor, values: TypedArray): void;
  /** A copy of the content; runs queued commands first. A typed error on `dry`. */
  read(t: Tensor): TypedArray;
  /** Runs `f` with this engine's backend as tfjs's active backend and in a `tf.tidy`; the result stays alive. */
  plain<T extends Record<string, Tensor> | Tensor>(f: () => T): T;
  /** Gives free pages back to the operating system; returns the bytes given back. */
  trim(): number;
}

/** An argument of a command: a number, a tensor (its address), or `null` (address 0). */
export type Argument = number | Tensor | null;

/**
 * The C commands (kernel-lib/engine/kernels). They are queued and run in order; an address is taken when a command is queued,
 * so a tensor may be disposed of right after: later commands run later. Reading a tensor from JavaScript runs the queue first.
 */
export interface Kernels {
  /**
   * Queue a command. `scratchBytes` is what one thread needs: the engine books `threads` times as much in the ledger while it queues
   * the command and passes (address, bytes a thread) as its first two arguments (0, 0 when nothing is asked).
   */
  queue(command: string, args: readonly Argument[], scratchBytes?: number): void;
  /** Run what is queued and wait. */
  flush(): void;
}
