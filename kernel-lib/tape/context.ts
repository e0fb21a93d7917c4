import type { Tensor } from '@tensorflow/tfjs-core';
import type { Argument, Engine } from '../engine/engine';
import type { Frame } from './frame';
import type { GradientSlot } from './gradients';
import type { Node, Value } from './graph';
import type { Handle } from './handles';
import { shapeOf } from './layout';
import type { Context } from './op';

/** The part of a Context that forward and backward share; released when the op returns. */
abstract class FusedCall implements Context {
  private readonly borrowed: Tensor[] = [];
  private readonly uses: Record<`${boolean}`, number> = { true: 0, false: 0 };
  readonly engine: Engine;
  readonly samples: number;
  readonly firstSample: number;
  readonly training: boolean;

  constructor(
    protected readonly frame: Frame,
    protected readonly node: Node,
  ) {
    this.engine = frame.engine;
    this.samples = frame.samples;
    this.firstSample = frame.firstSample;
    this.training = frame.training;
  }

  /** Hashed only when an op draws. */
  get key(): readonly [number, number] {
    return this.frame.key(this.node.name);
  }

  queue(command: string, args: readonly Argument[], scratchBytes?: number): void {
    this.engine.kernels?.queue(command, args, scratchBytes);
  }

  panels(w: Tensor, transposed: boolean): Tensor {
    const use = this.uses[`${transposed}`]++;
    return this.frame.panels.get(`${this.node.name}${transposed ? '^T' : ''}:${use}`, w, transposed);
  }

  once(name: string, shape: readonly number[], make: (out: Tensor) => void): Tensor {
    return this.frame.panels.once(`${this.node.name}:${name}`, shape, make);
  }

  rows(t: Tensor, start: number, count: number): Tensor {
    return this.borrow(this.engine.rows(t, start, count));
  }

  reshape(t: Tensor, shape: readonly number[]): Tensor {
    return this.borrow(this.engine.reshape(t, shape));
  }

  scratch(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): Tensor {
    return this.borrow(this.engine.empty(shape, dtype, { category: 'transient', name: `${this.node.name}:scratch` }));
  }

  /** Call when the op has returned or thrown. */
  end(): void {
    for (const t of this.borrowed) t.dispose();
  }

  private borrow(t: Tensor): Tensor {
    this.borrowed.push(t);
    return t;
  }

  abstract out(slot: string, reuse?: Tensor): Tensor;
  abstract wants(slot: string): boolean;
  abstract next(slot: string): Tensor | null;
  abstract into(slot: string, reuse?: Tensor): { tensor: Tensor; add: 0 | 1 } | null;
  abstract pass(slot: string, dy: Tensor): void;
}

/** Forward of a fused op: outputs are made where somebody wants them, in the storage of a dying input where the op says it can. */
export class ForwardCall extends FusedCall {
  readonly made: Map<Value, Handle> = new Map();

  constructor(
    frame: Frame,
    node: Node,
    private readonly wanted: ReadonlySet<Value>,
    private readonly dying: ReadonlySet<Tensor>,
  ) {
    super(frame, node);
  }

  wants(slot: string): boolean {
    return this.wanted.has(this.node.values[slot] as Value);
  }

  out(slot: string, reuse?: Tensor): Tensor {
    const value = this.node.values[slot] as Value;
    const shape = shapeOf(value.spec, this.samples);
    if (!this.wanted.has(value)) return this.scratch(shape);
    const storage = reuse && this.dying.has(reuse) ? this.engine.share(reuse) : this.engine.empty(shape, 'float32', { name: value.name });
    this.made.set(value, this.frame.handles.own(storage));
    return storage;
  }

  next(slot: string): Tensor | null {
    return this.frame.buffers?.make(this.node.params[slot] as string) ?? null;
  }

  into(): null {
    return null;
  }

  pass(): void {}
}

/** Backward of a fused op. */
export class BackwardCall extends FusedCall {
  constructor(
    frame: Frame,
    node: Node,
    private readonly slots: (slot: string) => GradientSlot | null,
    private readonly dys: ReadonlyMap<string, Handle>,
    private readonly dying: ReadonlySet<Tensor>,
  ) {
    super(frame, node);
  }

  wants(slot: string): boolean {
    return this.slots(slot) !== null;
  }

  out(slot: string): Tensor {
    throw new Error(`backward of ${slot} has no outputs`);
  }

  next(): null {
    return null;
  }

  into(slot: string, reuse?: Tensor): { tensor: Tensor; add: 0 | 1 } | null {
    const place = this.slots(slot);
    if (!place) return null;
    const there = place.get();
    if (there) return { tensor: this.writable(place, there), add: 1 };
    if (place.parameter) return { tensor: place.make(), add: 0 };
    const free = reuse && (this.holder(reuse)?.sole || this.dying.has(reuse));
    const tensor = free ? this.engine.share(reuse) : this.engine.empty(place.shape, 'float32', { name: `d:${place.name}` });
    if (free) this.engine.label(tensor, 'transient', `d:${place.name}`);
    place.set(this.frame.handles.own(tensor));
    return { tensor, add: 0 };
  }

  pass(slot: string, dy: Tensor): void {
    const place = this.slots(slot);
    if (!place) return;
    const there = place.get();
    if (there) {
      const sum = this.writable(place, there);
      this.queue('add', [sum, dy, sum, sum.size]);
    } else {
      place.set((this.holder(dy) as Handle).retain());
    }
  }

  private holder(dy: Tensor): Handle | undefined {
    for (const handle of this.dys.values()) if (handle.tensor === dy) return handle;
    return undefined;
  }

  /** A gradient that others hold too must not change under them. */
  private writable(place: GradientSlot, there: Handle | Tensor): Tensor {
    if (!('tensor' in there)) return there;
    if (there.sole) return there.tensor;
    const copy = this.engine.empty(place.shape, 'float32', { name: `d:${place.name}` });
    this.queue('copy', [there.tensor, copy, copy.size * 4]);
    there.release();
    place.set(this.frame.handles.own(copy));
    return copy;
  }
}
