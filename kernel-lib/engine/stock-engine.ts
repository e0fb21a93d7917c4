import type { KernelBackend, Tensor, TensorInfo, TypedArray } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import { Account, type Holding } from './account';
import { runOn } from './active';
import type { Booking, Category, DType, Engine } from './engine';
import type { Ledger } from './ledger';

/**
 * Any registered tfjs backend as an engine: only the plain definitions of the ops run. The ledger counts the tensors that this
 * engine made, was given as results of `plain`, or labelled; what tfjs allocates in between it cannot see.
 */
export function stockEngine(backendName: string): Engine {
  const backend: Stock | null = tf.findBackend(backendName);
  if (!backend) {
    throw new MesaError('no-such-backend', {
      at: 'backend',
      says: `tfjs has no backend ${backendName}`,
      try: tf.engine().backendNames().join(' | '),
    });
  }
  backend.mesaEngine ??= new StockEngine(backendName, backend);
  return backend.mesaEngine;
}

/** The engine is kept with the backend, so that one backend has one ledger. */
interface Stock extends KernelBackend {
  mesaEngine?: Engine;
}

class StockEngine implements Engine {
  readonly form = 'stock';
  readonly isa = 'none';
  readonly threads = 1;
  readonly kernels = null;
  private readonly account = new Account();
  private readonly holdings = new WeakMap<object, Holding>();

  constructor(
    readonly backendName: string,
    private readonly backend: KernelBackend,
  ) {
    Object.assign(backend, { firstUse: false }); // or it prints a banner that advertises another backend
    const dispose = backend.disposeData.bind(backend);
    backend.disposeData = (dataId, force) => {
      const gone = dispose(dataId, force);
      if (gone) this.release(dataId);
      return gone;
    };
  }

  get ledger(): Ledger {
    return this.account;
  }

  empty(shape: readonly number[], dtype?: DType, booking?: Booking): Tensor {
    return this.book(
      this.plain(() => tf.zeros(shape as number[], dtype)),
      booking,
    );
  }

  from(values: TypedArray, shape: readonly number[], dtype?: DType, booking?: Booking): Tensor {
    return this.book(
      this.plain(() => tf.tensor(values.slice(), shape as number[], dtype)),
      booking,
    );
  }

  rows(t: Tensor, start: number, count: number): Tensor {
    return this.plain(() => tf.slice(t, [start, ...t.shape.slice(1).map(() => 0)], [count, ...t.shape.slice(1)]));
  }

  reshape(t: Tensor, shape: readonly number[]): Tensor {
    return this.plain(() => tf.reshape(t, shape as number[]));
  }

  share(t: Tensor): Tensor {
    return this.plain(() => tf.clone(t));
  }

  label(t: Tensor, category: Category, name: string): void {
    this.account.relabel(this.holding(t), category, name);
  }

  write(t: Tensor, values: TypedArray): void {
    if (values.length !== t.size) {
      throw new MesaError('shape-does-not-fit', { says: `${values.length} values do not fill a tensor of shape [${t.shape}]` });
    }
    // tfjs tensors are immutable: the storage behind the handle is replaced.
    const references = this.backend.refCount(t.dataId);
    const holding = this.holdings.get(t.dataId);
    this.holdings.delete(t.dataId);
    this.backend.disposeData(t.dataId, true);
    this.backend.move(t.dataId, values.slice(), t.shape, t.dtype, references);
    if (holding) this.holdings.set(t.dataId, holding);
  }

  read(t: Tensor): TypedArray {
    return t.dataSync().slice();
  }

  plain<T extends Record<string, Tensor> | Tensor>(f: () => T): T {
    const result = runOn(this.backendName, f);
    for (const t of result instanceof tf.Tensor ? [result] : Object.values(result)) this.holding(t);
    return result;
  }

  trim(): number {
    return 0;
  }

  private book(t: Tensor, { category = 'transient', name = '' }: Booking = {}): Tensor {
    this.label(t, category, name);
    return t;
  }

  private holding(t: TensorInfo): Holding {
    let holding = this.holdings.get(t.dataId);
    if (!holding) {
      const bytes = tf.util.sizeFromShape(t.shape) * tf.util.bytesPerElement(t.dtype);
      holding = { bytes, padding: 0, category: 'transient', name: '' };
      this.holdings.set(t.dataId, holding);
      this.account.allocate(holding);
    }
    return holding;
  }

  private release(dataId: object): void {
    const holding = this.holdings.get(dataId);
    if (!holding) return;
    this.holdings.delete(dataId);
    this.account.release(holding);
  }
}
