import * as tf from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import { dropPathScale } from '../random/drop-path';
import type { Context, Op, PlainContext } from '../tape/op';
import { elements, shaped, slots } from './slots';

export interface DropChannelsAttrs {
  /** Probability that a channel of a sample is dropped in training. */
  readonly rate: number;
}

/** out = in s, with s = 0 or 1/(1 - rate) drawn for each channel of each sample: torch's Dropout2d. */
export const dropChannels: Op<DropChannelsAttrs> = {
  name: 'dropChannels',
  inputs: ['in'],
  params: [],
  outputs: ['out'],
  reads: { in: [] },

  specs(specs, { rate }) {
    const x = shaped(specs, 'in', ['channels']);
    if (!(rate >= 0 && rate < 1)) throw new MesaError('rate-out-of-range', { says: `a drop rate of ${rate}`, try: 'a rate in [0, 1)' });
    return { out: x };
  },

  flops: (specs) => elements(specs.in),

  forward: (x, attrs, c) => ({ out: scaled(slots(x, 'in').in, attrs, c) }),

  backward: (_, dys, attrs, c) => ({ in: scaled(slots(dys, 'out').out, attrs, c) }),

  fused: {
    forward(c, x, attrs) {
      const { in: map } = slots(x, 'in');
      c.queue('drop_channels', [map, c.out('out', map), ...drawing(map, attrs, c), 0]);
    },

    backward(c, _, dys, attrs) {
      const { out: dy } = slots(dys, 'out');
      if (!dropping(attrs, c)) {
        c.pass('in', dy);
        return;
      }
      const dx = c.into('in', dy);
      if (dx) c.queue('drop_channels', [dy, dx.tensor, ...drawing(dy, attrs, c), dx.add]);
    },
  },
};

const dropping = ({ rate }: DropChannelsAttrs, c: PlainContext): boolean => c.training && rate > 0;

/** samples, rowsPerSample, d, rate, key0, key1, firstSample: how the command draws one number a channel. */
function drawing(t: tf.Tensor, attrs: DropChannelsAttrs, c: Context): number[] {
  const [rows, d] = t.shape as [number, number];
  return [c.samples, rows / c.samples, d, dropping(attrs, c) ? attrs.rate : 0, ...c.key, c.firstSample];
}

function scaled(t: tf.Tensor, attrs: DropChannelsAttrs, c: PlainContext): tf.Tensor {
  if (!dropping(attrs, c)) return tf.clone(t);
  const [rows, d] = t.shape as [number, number];
  const draw = (i: number): number => dropPathScale(c.key, c.firstSample + Math.floor(i / d), attrs.rate, i % d);
  const s = Float32Array.from({ length: c.samples * d }, (_, i) => draw(i));
  const perSample = tf.reshape(t, [c.samples, rows / c.samples, d]);
  return tf.reshape(tf.mul(perSample, tf.tensor(s, [c.samples, 1, d])), [rows, d]);
}
