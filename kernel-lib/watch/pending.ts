import type { Tensor, TypedArray } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import type { Layout } from '../quant/packing';

/** A result that the engine still has to work out: it is read, and released, when the step is over. */
export interface Pending<T> {
  take(): T;
  drop(): void;
}

/** A result that is there already. */
export function pending<T>(result: T): Pending<T> {
  return { take: () => result, drop: () => {} };
}

/** What a small tensor will hold. */
export function pendingTensor<T>(engine: Engine, t: Tensor, parse: (values: TypedArray) => T): Pending<T> {
  return {
    take() {
      try {
        return parse(engine.read(t));
      } finally {
        t.dispose();
      }
    },
    drop: () => t.dispose(),
  };
}

/** Pending results by key, several a key: one for each slice. */
export class Gathering<T> {
  private readonly parts = new Map<string, Pending<T>[]>();

  add(key: string, part: Pending<T>): void {
    const parts = this.parts.get(key);
    if (parts) parts.push(part);
    else this.parts.set(key, [part]);
  }

  /** All results, the parts of a key merged in order. */
  take(merge: (a: T, b: T) => T): Map<string, T> {
    try {
      return new Map([...this.parts].map(([key, parts]) => [key, parts.map((part) => part.take()).reduce(merge)]));
    } finally {
      this.drop();
    }
  }

  drop(): void {
    for (const parts of this.parts.values()) for (const part of parts) part.drop();
    this.parts.clear();
  }
}

/** Rows of a block of a reduction: fixed by shape. */
export function blockRows(columns: number): number {
  return Math.max(1, Math.floor(16384 / Math.max(1, columns)));
}

/** The pieces of rows that belong to one head each: columns `first .. end - 1`. */
export function eachPiece(layout: Layout, visit: (head: number, row: number, first: number, end: number) => void): void {
  const { rows, columns, heads, headAxis, rowsPerHead } = layout;
  const width = columns / heads;
  for (let row = 0; row < rows; row++) {
    if (headAxis === 'rows') visit(Math.floor(row / rowsPerHead) % heads, row, 0, columns);
    else for (let head = 0; head < heads; head++) visit(head, row, head * width, (head + 1) * width);
  }
}

/** Floats that hold float64 numbers, two a number: the same bytes, since going through numbers could change halves that look like a NaN. */
export function asDoubles({ buffer, byteOffset, byteLength }: TypedArray): Float64Array {
  return new Float64Array(buffer, byteOffset, byteLength / 8);
}
