import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Context, Spec, Specs } from '../tape/op';
import { shaped } from './slots';

/** A map of features in raster order, and the windows it is cut into. */
export interface WindowAttrs {
  readonly height: number;
  readonly width: number;
  /** Side of a window. Zeros are put below and at the right of the map where windows do not tile it. */
  readonly window: number;
  /** How far the map, as on a torus, is moved up and left before it is cut. */
  readonly shift: number;
}

/** Windows of one sample: how many, and how they lie. */
export function windowGrid({ height, width, window }: Omit<WindowAttrs, 'shift'>): { count: number; down: number; across: number } {
  const [down, across] = [Math.ceil(height / window), Math.ceil(width / window)];
  return { count: down * across, down, across };
}

/** The spec of a slot that holds windows, checked. */
export function windowed(specs: Specs, slot: string, attrs: WindowAttrs, channels: number | string = 'channels'): Spec {
  const spec = shaped(specs, slot, [channels]);
  const { count } = windowGrid(attrs);
  if (spec.rows === count * attrs.window ** 2) return spec;
  throw new MesaError('shape-mismatch', {
    says: `'${slot}' has ${spec.rows} rows a sample where ${count} windows of ${attrs.window} x ${attrs.window} are wanted`,
  });
}

export function checkShift({ window, shift }: WindowAttrs): void {
  if (Number.isInteger(shift) && shift >= 0 && shift < window) return;
  throw new MesaError('shift-out-of-range', {
    says: `a shift of ${shift} for windows of ${window} x ${window}`,
    try: `0, or ${window >> 1} in every second block`,
  });
}

/** [b*h*w, c] -> [b*windows*window^2, c]: pads, moves, cuts. */
export function toWindows(t: tf.Tensor, samples: number, attrs: WindowAttrs): tf.Tensor {
  const { height, width, window, shift } = attrs;
  const { down, across } = windowGrid(attrs);
  const map = tf.reshape(t, [samples, height, width, -1]);
  const padded = tf.pad(map, [
    [0, 0],
    [0, down * window - height],
    [0, across * window - width],
    [0, 0],
  ]);
  const moved = roll(roll(padded, shift, 1), shift, 2); // [b, down*window, across*window, c]
  const cut = tf.transpose(tf.reshape(moved, [samples * down, window, across, -1]), [0, 2, 1, 3]);
  return tf.reshape(cut, [samples * down * across * window ** 2, -1]);
}

/** [b*windows*window^2, c] -> [b*h*w, c]: the inverse, and the adjoint, of `toWindows`. */
export function fromWindows(t: tf.Tensor, samples: number, attrs: WindowAttrs): tf.Tensor {
  const { height, width, window, shift } = attrs;
  const { down, across } = windowGrid(attrs);
  const rows = tf.transpose(tf.reshape(t, [samples * down, across, window, -1]), [0, 2, 1, 3]);
  const moved = tf.reshape(rows, [samples, down * window, across * window, -1]);
  const padded = roll(roll(moved, down * window - shift, 1), across * window - shift, 2);
  return tf.reshape(tf.slice(padded, [0, 0, 0, 0], [samples, height, width, -1]), [samples * height * width, -1]);
}

/** Element `by` of the axis comes first, and those before it last. */
function roll(t: tf.Tensor, by: number, axis: number): tf.Tensor {
  const length = t.shape[axis] as number;
  const at = by % length;
  return at ? tf.concat(tf.split(t, [at, length - at], axis).reverse(), axis) : t;
}

/** Where rows go; `add` to add them to what is there. */
export interface Destination {
  readonly tensor: tf.Tensor;
  readonly add?: 0 | 1;
}

/** Queues `to_windows` or `from_windows` of rows of `d` columns; with `byColumns` the tokens of a window lie column by column. */
export function queueWindows(
  c: Context,
  command: 'to_windows' | 'from_windows',
  x: tf.Tensor,
  to: Destination | null,
  { height, width, window, shift, byColumns }: WindowAttrs & { readonly byColumns?: true },
  d: number = x.shape[1] as number,
): void {
  if (to) c.queue(command, [x, to.tensor, c.samples, height, width, window, shift, byColumns ? 1 : 0, d, to.add ?? 0]);
}
