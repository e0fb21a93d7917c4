import type { Op } from '../tape/op';
import { type Resizing, resized, resizedGradient } from './interpolation';
import { dim, mapped, shaped, slots } from './slots';

/** A map [b*h*w, c] at another size; bilinear as torch's `align_corners=False`, without antialiasing. */
export const resize: Op<Resizing> = {
  name: 'resize',
  inputs: ['in'],
  params: [],
  outputs: ['out'],
  reads: { in: [] },

  specs(specs, { from: [h, w], to: [tall, wide] }) {
    return { out: { ...mapped(specs, 'in', h, w), rows: tall * wide } };
  },

  flops: (specs, { to: [tall, wide] }) => 6 * tall * wide * dim(shaped(specs, 'in', ['channels']), 0),

  forward: (x, attrs) => ({ out: resized(slots(x, 'in').in, attrs) }),

  backward: (_, dys, attrs) => ({ in: resizedGradient(slots(dys, 'out').out, attrs) }),

  fused: {
    forward(c, x, attrs) {
      const { in: map } = slots(x, 'in');
      c.queue('resize', [map, c.out('out'), c.samples, ...sizes(attrs), map.shape[1] as number]);
    },

    backward(c, _, dys, attrs) {
      const { out: dy } = slots(dys, 'out');
      const dx = c.into('in');
      if (dx) c.queue('resize_gradient', [dy, dx.tensor, c.samples, ...sizes(attrs), dy.shape[1] as number, dx.add]);
    },
  },
};

const sizes = ({ from, to, method }: Resizing): number[] => [...from, ...to, method === 'nearest' ? 1 : 0];
