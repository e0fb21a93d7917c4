import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { disposePacked, type Packed, pack, unpack } from '../quant/quantise';
import type { Key } from '../random/threefry';
import type { Ranges } from './api';
import type { Slice } from './frame';
import type { Value } from './graph';
import type { Handle, Handles } from './handles';
import { layoutOf, shapeOf } from './layout';
import type { Kept } from './plan';
import { joined } from './regroup';

/** One value kept for backward: a part for each slice that forward ran in. */
interface Part {
  readonly slice: Slice;
  readonly full?: Handle;
  readonly packed?: Packed;
}

const end = ({ first, count }: Slice): number => first + count;

/** The saves of one pass. Each value is kept once, in the form the plan says, and goes with the last slice that restores it. */
export class Saves {
  private readonly parts = new Map<string, Part[]>();
  private readonly ranges: Ranges = new Map();
  private readonly counts: { readonly name: string; readonly counters: Tensor }[] = [];
  /** Requested bytes of all that was kept. */
  bytes: number = 0;

  constructor(
    private readonly engine: Engine,
    private readonly handles: Handles,
    private readonly before: Ranges,
    private readonly key: (name: string) => Key,
  ) {}

  /** Keeps a value of one slice; returns its codes, null where it is kept as it is. */
  keep({ value, keep }: Kept, handle: Handle, slice: Slice): Packed | null {
    const parts = this.parts.get(value.name) ?? [];
    this.parts.set(value.name, parts);
    if (keep.form === 'full') {
      this.engine.label(handle.tensor, 'saves', value.name);
      this.bytes += handle.tensor.size * 4;
      parts.push({ slice, full: handle.retain() });
      return null;
    }
    const state = this.before.get(value.name);
    const packed = pack(this.engine, handle.tensor, layoutOf(value.spec, slice.count), keep.packing, {
      ...(state ? { state } : {}),
      ...(keep.packing.rounding === 'stochastic' ? { key: this.key(value.name) } : {}),
      firstSample: slice.first,
      label: value.name,
    });
    this.bytes += packed.bytes;
    if (packed.nextState) this.ranges.set(value.name, packed.nextState);
    this.counts.push({ name: value.name, counters: packed.counters });
    parts.push({ slice, packed });
    return packed;
  }

  /**
   * What backward reads of a value for a slice: the kept bits, or the codes dequantised. A segment restores each slice once, in order;
   * with the `last` segment that reads the value, its save goes.
   */
  restore({ value }: Kept, slice: Slice, last: boolean): Handle {
    const parts = this.parts.get(value.name) ?? [];
    const pieces = parts.flatMap((part) => this.piece(part, value, slice, last) ?? []);
    if (last) {
      const ended = parts.filter((p) => end(p.slice) <= end(slice)).length;
      for (const part of parts.splice(0, ended)) this.drop(part);
    }
    if (pieces.length === 1) return pieces[0] as Handle;
    const tensors = pieces.map((p) => p.tensor);
    const whole = this.handles.own(joined(this.engine, tensors, value.name));
    for (const piece of pieces) piece.release();
    return whole;
  }

  /** What a part holds of a slice. */
  private piece(part: Part, value: Value, slice: Slice, last: boolean): Handle | undefined {
    const from = Math.max(slice.first, part.slice.first);
    const count = Math.min(end(slice), end(part.slice)) - from;
    if (count <= 0) return undefined;
    const offset = from - part.slice.first;
    return part.packed ? this.unpacked(part.packed, value, offset, count) : this.viewed(part, value, offset, count, last);
  }

  private unpacked(packed: Packed, value: Value, offset: number, samples: number): Handle {
    const { rowsPerSample } = layoutOf(value.spec, samples);
    const flat = unpack(this.engine, packed, offset * rowsPerSample, samples * rowsPerSample);
    const shaped = this.engine.reshape(flat, shapeOf(value.spec, samples));
    if (shaped !== flat) flat.dispose();
    this.engine.label(shaped, 'transient', value.name);
    return this.handles.own(shaped);
  }

  private viewed(part: Part, value: Value, offset: number, samples: number, last: boolean): Handle {
    const handle = part.full as Handle;
    if (samples === part.slice.count) return handle.retain();
    const rows = this.engine.rows(handle.tensor, offset * value.spec.rows, samples * value.spec.rows);
    return last ? this.handles.own(rows) : this.handles.view(rows);
  }

  private drop(part: Part): void {
    if (part.full) part.full.release();
    if (part.packed) disposePacked(part.packed);
  }

  /** The running ranges that this pass would commit, by value name; the caller's from now on. */
  takeRanges(): Ranges {
    const taken = new Map(this.ranges);
    this.ranges.clear();
    return taken;
  }

  /** Elements that did not fit a range, and groups that were not finite; reads the counters. */
  counted(): { name: string; saturated: number; nonFinite: number }[] {
    return this.counts.map(({ name, counters }) => {
      const [saturated = 0, nonFinite = 0] = this.engine.read(counters);
      return { name, saturated, nonFinite };
    });
  }

  dispose(): void {
    for (const parts of this.parts.values()) for (const part of parts) if (part.packed) disposePacked(part.packed);
    this.parts.clear();
    for (const t of this.ranges.values()) t.dispose();
    this.ranges.clear();
    for (const { counters } of this.counts) counters.dispose();
    this.counts.length = 0;
  }
}
