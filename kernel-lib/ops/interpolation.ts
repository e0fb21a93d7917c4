import * as tf from '@tensorflow/tfjs-core';

/** Height and width of a map. */
export type Size = readonly [height: number, width: number];

export type Method = 'bilinear' | 'nearest';

/** Two axes of a map: from a size, to a size. */
export interface Resizing {
  readonly from: Size;
  readonly to: Size;
  readonly method: Method;
}

/** The map [b*h*w, c] at another size [b*H*W, c]: a product with a matrix of weights along each axis. */
export function resized(x: tf.Tensor, { from, to, method }: Resizing): tf.Tensor {
  return products(x, from, weights(from[0], to[0], method), weights(from[1], to[1], method));
}

/** The gradient by the map [b*h*w, c] from that of the resized one [b*H*W, c]: the same products transposed. */
export function resizedGradient(dy: tf.Tensor, { from, to, method }: Resizing): tf.Tensor {
  return products(dy, to, tf.transpose(weights(from[0], to[0], method)), tf.transpose(weights(from[1], to[1], method)));
}

function products(x: tf.Tensor, [h, w]: Size, down: tf.Tensor, across: tf.Tensor): tf.Tensor {
  const [rows, c] = x.shape as [number, number];
  const [tall, wide] = [down.shape[0] as number, across.shape[0] as number];
  const samples = rows / (h * w);
  const stretched = tf.matMul(tf.expandDims(across, 0), tf.reshape(x, [samples * h, w, c])); // [b*h, W, c]
  const out = tf.matMul(tf.expandDims(down, 0), tf.reshape(stretched, [samples, h, wide * c])); // [b, H, W*c]
  return tf.reshape(out, [samples * tall * wide, c]);
}

/** What each of `to` pixels takes of `from` pixels, [to, from]; pixels are areas, not points (align_corners is false). */
function weights(from: number, to: number, method: Method): tf.Tensor2D {
  const table = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const low = method === 'nearest' ? Math.floor((i * from) / to) : Math.floor(centre);
    const share = method === 'nearest' ? 0 : centre - low;
    table[i * from + low] = 1 - share;
    if (share > 0) table[i * from + low + 1] = share;
  }
  return tf.tensor2d(table, [to, from]);
}
