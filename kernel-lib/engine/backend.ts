import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { type backend_util, type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import { Account, type Holding } from './account';
import type { Booking, DType, Engine } from './engine';
import { type Block, Heap } from './heap';
import type { Machine } from './machine';
import { Queue } from './queue';

type Values = backend_util.BackendValues;
type View = Float32Array | Int32Array | Uint8Array;

const viewOf = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;
const onHeap = (dtype: DataType): dtype is DType => dtype in viewOf;

/** A block, who it is booked to, and how many entries share it. */
interface Storage extends Holding {
  readonly block: Block;
  references: number;
}

/** What tfjs keeps for a tensor. Reading `values` runs the queued commands; the view must not outlive the tensor. */
class Entry {
  refCount = 1;
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };
  private view: View | undefined;

  constructor(
    private readonly backend: MesaBackend,
    readonly storage: Storage,
    /** Offset in the storage, in bytes. */
    readonly offset: number,
    readonly size: number,
    readonly dtype: DType,
  ) {}

  get address(): number {
    return this.storage.block.address + this.offset;
  }

  get values(): View {
    this.backend.queue.flush();
    this.view ??= this.backend.view(this.storage, this.offset, this.size, this.dtype);
    return this.view;
  }
}

/**
 * A tfjs backend whose tensors live on a heap of our own: freed at once, counted exactly, and readable by C kernels. Kernels
 * without a replacement are the stock ones of `tfjs-backend-cpu`, working on views of the heap.
 */
export class MesaBackend extends MathBackendCPU {
  readonly heap: Heap;
  readonly account: Account = new Account();
  readonly queue: Queue;
  /** Set by the engine that this backend belongs to. */
  engine!: Engine;
  /** Name of the tfjs kernel that runs. */
  private kernel = '';
  private depth = 0;
  /** Storage that lost its last entry while a stock kernel ran. */
  private readonly condemned = new Set<Storage>();
  /** Which storage a view shows: a stock kernel may pass on another tensor's values. */
  private readonly owners = new WeakMap<object, Storage>();

  constructor(
    readonly machine: Machine,
    readonly poison: boolean,
  ) {
    super();
    this.heap = new Heap(machine);
    this.queue = new Queue(machine, this);
  }

  /** A new tensor of undefined content. */
  make(shape: readonly number[], dtype: DType = 'float32', booking: Booking = {}): TensorInfo {
    const size = util.sizeFromShape(shape as number[]);
    const storage = this.allocate(size * viewOf[dtype].BYTES_PER_ELEMENT, booking);
    return { dataId: this.keep(new Entry(this, storage, 0, size, dtype)), shape: shape as number[], dtype };
  }

  /** Another handle on the same data. */
  again(t: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(t.dataId);
    return { dataId: t.dataId, shape: shape as number[], dtype: t.dtype };
  }

  /** Another tensor on part of the storage of `t`, `offset` elements from its start. */
  viewInto(t: TensorInfo, offset: number, shape: readonly number[]): TensorInfo {
    const { storage, dtype, offset: start } = this.entry(t);
    storage.references++;
    const size = util.sizeFromShape(shape as number[]);
    const entry = new Entry(this, storage, start + offset * viewOf[dtype].BYTES_PER_ELEMENT, size, dtype);
    return { dataId: this.keep(entry), shape: shape as number[], dtype };
  }

  /** The entry of a tensor; tfjs moves it here when it lives on another backend. */
  entry(t: TensorInfo): Entry {
    let entry: unknown;
    try {
      entry = this.data.get(t.dataId);
    } catch (error) {
      if (error instanceof MesaError) throw error;
    }
    if (entry instanceof Entry) return entry;
    throw new MesaError('disposed-tensor', { says: `the ${t.dtype} tensor of shape [${t.shape}] has been disposed of, or is not numeric` });
  }

  addressOf(t: TensorInfo): number {
    return this.entry(t).address;
  }

  /** Books thread scratch for as long as a command is queued. */
  scratch<T>(command: string, bytes: number, use: (address: number) => T): T {
    const storage = this.allocate(bytes, { name: `scratch:${command}` });
    try {
      return use(storage.block.address);
    } finally {
      this.free(storage);
    }
  }

  /** Runs a kernel: what it allocates is booked to its name. */
  within<T>(kernel: string, run: () => T): T {
    const outer = this.kernel;
    this.kernel = kernel;
    try {
      return run();
    } finally {
      this.kernel = outer;
    }
  }

  /** Runs a stock kernel. It may read values after it disposed of the tensor: what it frees goes when the outermost one returns. */
  stock<T>(kernel: string, run: () => T): T {
    if (this.machine.form === 'dry') {
      throw new MesaError('stock-kernel-on-dry', {
        at: kernel,
        says: 'the dry engine computes nothing, so it cannot run a stock tfjs kernel',
        try: 'an op with a fused definition, or planning on a real engine',
      });
    }
    this.depth++;
    try {
      return this.within(kernel, run);
    } finally {
      if (--this.depth === 0 && this.condemned.size > 0) {
        for (const storage of this.condemned) if (storage.references === 0) this.free(storage);
        this.condemned.clear();
      }
    }
  }

  view(storage: Storage, offset: number, size: number, dtype: DType): View {
    const { chunk, address } = storage.block;
    if (!chunk.buffer) throw new MesaError('no-values-on-dry', { says: 'tensors of the dry engine have no content to read' });
    const view = new viewOf[dtype](chunk.buffer as ArrayBuffer, address - chunk.bufferAddress + offset, size);
    if (offset === 0) this.owners.set(view, storage);
    return view;
  }

  override write(values: Values, shape: number[], dtype: DataType): object {
    return this.keep(this.store(values, shape, dtype));
  }

  override move(dataId: object, values: Values, shape: number[], dtype: DataType, refCount: number): void {
    const entry = this.store(values, shape, dtype);
    entry.refCount = refCount;
    this.data.set(dataId, entry as never);
  }

  /** A copy: a view of the heap would show the next owner's values some day. */
  override readSync(dataId: object): Values {
    const entry: unknown = this.data.get(dataId);
    return entry instanceof Entry ? entry.values.slice() : super.readSync(dataId);
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const entry: { refCount: number } = this.data.get(dataId);
    if (--entry.refCount > 0 && !force) return false;
    const { complexTensorInfos } = entry as Entry;
    if (complexTensorInfos) {
      this.disposeData(complexTensorInfos.real.dataId, true);
      this.disposeData(complexTensorInfos.imag.dataId, true);
    }
    this.data.delete(dataId);
    if (entry instanceof Entry && --entry.storage.references === 0) {
      if (this.depth > 0) this.condemned.add(entry.storage);
      else this.free(entry.storage);
    }
    return true;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: false, reasons: [] };
  }

  private keep(entry: Entry | { values: Values; dtype: DataType; refCount: number }): object {
    const dataId = {};
    this.data.set(dataId, entry as never);
    return dataId;
  }

  private store(values: Values, shape: number[], dtype: DataType): Entry | { values: Values; dtype: DataType; refCount: number } {
    if (!onHeap(dtype) || values == null) return { values, dtype, refCount: 1 };
    const shared = this.owners.get(values);
    if (shared?.block.span && values instanceof viewOf[dtype]) {
      shared.references++;
      return new Entry(this, shared, 0, values.length, dtype);
    }
    const size = values.length ?? util.sizeFromShape(shape);
    const entry = new Entry(this, this.allocate(size * viewOf[dtype].BYTES_PER_ELEMENT, {}), 0, size, dtype);
    if (this.machine.form !== 'dry') entry.values.set(values as View);
    return entry;
  }

  private allocate(bytes: number, { category = 'transient', name = this.kernel }: Booking): Storage {
    this.account.admit(bytes, name);
    const block = this.heap.allocate(bytes);
    const storage = { block, bytes, padding: block.roundedBytes - bytes, category, name, references: 1 };
    this.account.allocate(storage);
    return storage;
  }

  private free(storage: Storage): void {
    if (this.poison && storage.block.chunk.buffer) {
      this.queue.flush();
      this.view(storage, 0, storage.block.roundedBytes, 'bool').fill(0xff);
    }
    this.heap.release(storage.block);
    this.account.release(storage);
  }
}
