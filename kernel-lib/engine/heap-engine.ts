import { inspect } from 'node:util';
import type { Tensor, TypedArray } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import { runOn } from './active';
import { MesaBackend } from './backend';
import type { Booking, Category, DType, Engine, Kernels } from './engine';
import { installKernels } from './install-kernels';
import type { Ledger } from './ledger';
import type { Machine } from './machine';

/** How a heap engine behaves beside what its machine decides. */
export interface HeapOptions {
  /** Fill freed memory with NaN, so that a use after free shows. */
  readonly poison?: boolean;
  /** The options of `start`, so that the same ones find this engine again. */
  readonly startedFor?: string;
}

/** An engine on our own heap: native, wasm, plain JavaScript and dry differ in their machine only. */
export class HeapEngine implements Engine {
  readonly backendName: string;
  readonly backend: MesaBackend;
  readonly kernels: Kernels | null;
  readonly startedFor: string | undefined;

  constructor(
    private readonly machine: Machine,
    { poison = false, startedFor }: HeapOptions = {},
  ) {
    this.startedFor = startedFor;
    this.backend = new MesaBackend(machine, poison);
    this.backend.engine = this;
    this.backendName = freeName(machine.form === 'dry' ? 'mesa-lab-dry' : 'mesa-lab');
    this.kernels = machine.form === 'js' ? null : this.backend.queue;
    tf.registerBackend(this.backendName, () => this.backend, machine.form === 'dry' ? 0 : 10);
    installKernels(this.backend, this.backendName);
    Object.defineProperty(this, inspect.custom, { value: oneLine }); // what `await start()` shows as the last line of a cell
  }

  get form(): Machine['form'] {
    return this.machine.form;
  }

  get isa(): string {
    return this.machine.isa;
  }

  get threads(): number {
    return this.machine.threads;
  }

  get ledger(): Ledger {
    return this.backend.account;
  }

  empty(shape: readonly number[], dtype?: DType, booking?: Booking): Tensor {
    return this.tensor(this.backend.make(shape, dtype, booking));
  }

  from(values: TypedArray, shape: readonly number[], dtype?: DType, booking?: Booking): Tensor {
    const size = tf.util.sizeFromShape(shape as number[]);
    if (this.form !== 'dry' && values.length !== size) throw doNotFill(values, shape); // before anything is allocated
    const t = this.empty(shape, dtype, booking);
    this.write(t, values);
    return t;
  }

  rows(t: Tensor, start: number, count: number): Tensor {
    const [length = 0, ...rest] = t.shape;
    if (!(t.rank > 0 && start >= 0 && count >= 0 && start + count <= length)) {
      throw new MesaError('rows-out-of-range', { says: `a tensor of shape [${t.shape}] has no rows ${start} to ${start + count - 1}` });
    }
    const width = rest.reduce((a, b) => a * b, 1);
    return this.tensor(this.backend.viewInto(t, start * width, [count, ...rest]));
  }

  reshape(t: Tensor, shape: readonly number[]): Tensor {
    const size = shape.reduce((a, b) => a * b, 1);
    if (size !== t.size) throw new MesaError('shape-does-not-fit', { says: `cannot see [${t.shape}] as [${shape}]` });
    this.backend.entry(t); // or a typed error
    return this.tensor(this.backend.again(t, shape));
  }

  share(t: Tensor): Tensor {
    return this.reshape(t, t.shape);
  }

  label(t: Tensor, category: Category, name: string): void {
    this.backend.account.relabel(this.backend.entry(t).storage, category, name);
  }

  write(t: Tensor, values: TypedArray): void {
    const entry = this.backend.entry(t);
    if (this.form === 'dry') return;
    if (values.length !== t.size) throw doNotFill(values, t.shape);
    entry.values.set(values);
  }

  read(t: Tensor): TypedArray {
    return this.backend.entry(t).values.slice();
  }

  plain<T extends Record<string, Tensor> | Tensor>(f: () => T): T {
    return runOn(this.backendName, f);
  }

  trim(): number {
    this.backend.queue.flush();
    return this.backend.heap.trim();
  }

  /** Takes the backend out of tfjs; its tensors are gone. */
  remove(): void {
    this.machine.close?.();
    for (const { kernelName } of tf.getKernelsForBackend(this.backendName)) tf.unregisterKernel(kernelName, this.backendName);
    tf.removeBackend(this.backendName);
  }

  private tensor({ dataId, shape, dtype }: tf.TensorInfo): Tensor {
    return tf.engine().makeTensorFromDataId(dataId, shape, dtype, this.backend);
  }
}

const doNotFill = (values: TypedArray, shape: readonly number[]) =>
  new MesaError('shape-does-not-fit', { says: `${values.length} values do not fill a tensor of shape [${shape}]` });

/** `name`, or `name-2` and so on when several engines live side by side. */
function freeName(name: string): string {
  const { registryFactory } = tf.engine();
  let free = name;
  for (let i = 2; free in registryFactory; i++) free = `${name}-${i}`;
  return free;
}

function oneLine(this: HeapEngine): string {
  const { form, isa, threads } = this;
  return `engine: ${form}${isa === 'none' ? '' : `, ${isa}`}, ${threads} thread${threads === 1 ? '' : 's'}`;
}
