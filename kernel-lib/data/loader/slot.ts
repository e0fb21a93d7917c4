import { MesaError } from '../../errors';

/** How much a batch takes at most. */
export interface Layout {
  /** Samples. */
  readonly size: number;
  /** Pixels of the largest picture. */
  readonly pixels: number;
  /** Whether a sample has a label for every pixel. */
  readonly masked: boolean;
  /** Of soft targets; 0: there are none. */
  readonly classes: number;
}

/** Memory of a batch that main thread and workers share. */
export interface Slot {
  readonly images: Float32Array; // [size, 3, pixels]
  readonly labels: Int32Array; // [size] or [size, pixels]
  readonly targets: Float32Array; // [size, classes]
  readonly indices: Int32Array; // [size]
  /** Height and width of each picture; 0: it is left out. */
  readonly shapes: Int32Array; // [size, 2]
  /** Samples that are still to be made; whether nobody wants them any more. */
  readonly control: Int32Array; // [2]
}

const LEFT = 0;
const CANCELLED = 1;

export function slotBuffer(layout: Layout): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * lengths(layout).reduce((a, b) => a + b));
}

export function slotOf(buffer: SharedArrayBuffer, layout: Layout): Slot {
  let at = 0;
  const [images, labels, targets, indices, shapes, control] = lengths(layout).map((length) => {
    at += 4 * length;
    return [buffer, at - 4 * length, length] as const;
  }) as [Part, Part, Part, Part, Part, Part];
  return {
    images: new Float32Array(...images),
    labels: new Int32Array(...labels),
    targets: new Float32Array(...targets),
    indices: new Int32Array(...indices),
    shapes: new Int32Array(...shapes),
    control: new Int32Array(...control),
  };
}

type Part = readonly [SharedArrayBuffer, number, number];

function lengths({ size, pixels, masked, classes }: Layout): number[] {
  return [size * 3 * pixels, size * (masked ? pixels : 1), size * classes, size, 2 * size, 2];
}

/** Before a slot is filled: nobody else may use it. */
export function open({ control, shapes }: Slot, count: number): void {
  shapes.fill(0);
  Atomics.store(control, CANCELLED, 0);
  Atomics.store(control, LEFT, count);
}

export function cancel({ control }: Slot): void {
  Atomics.store(control, CANCELLED, 1);
}

export function isCancelled({ control }: Slot): boolean {
  return Atomics.load(control, CANCELLED) === 1;
}

/** Whether these samples were the last of the batch. */
export function isLast({ control }: Slot, samples: number): boolean {
  return Atomics.sub(control, LEFT, samples) === samples;
}

/** Moves the samples that were made to the front, and returns how many there are and their common size. */
export function compact(slot: Slot, { size, pixels, masked }: Layout): { count: number; height: number; width: number } {
  const { images, labels, indices, shapes } = slot;
  let count = 0;
  let [height, width] = [0, 0];
  for (let i = 0; i < size; i++) {
    const [h, w] = [shapes[2 * i] as number, shapes[2 * i + 1] as number];
    if (h === 0) continue;
    if (count > 0 && (h !== height || w !== width)) throw unequal([height, width], [h, w]);
    [height, width] = [h, w];
    move(images, i * 3 * pixels, count * 3 * h * w, 3 * h * w);
    if (masked) move(labels, i * pixels, count * h * w, h * w);
    else labels[count] = labels[i] as number;
    indices[count++] = indices[i] as number;
  }
  return { count, height, width };
}

function move(values: Float32Array | Int32Array, from: number, to: number, length: number): void {
  if (from !== to) values.copyWithin(to, from, from + length);
}

function unequal(one: readonly number[], other: readonly number[]): MesaError {
  return new MesaError('batch-shape', {
    says: `pictures of ${one.join('x')} and ${other.join('x')} in one batch`,
    try: 'batches of size 1, or a pipeline that makes all of them the same size',
  });
}
