import type { Op } from '../tape/op';
import { elements, slots } from './slots';
import { checkShift, fromWindows, queueWindows, toWindows, type WindowAttrs, windowed } from './windows';

/** Windows put together to the map they were cut from, without its padding: undoes `windowPartition`. */
export const windowMerge: Op<WindowAttrs> = {
  name: 'windowMerge',
  inputs: ['in'],
  params: [],
  outputs: ['out'],
  reads: { in: [] },

  specs(specs, attrs) {
    checkShift(attrs);
    return { out: { ...windowed(specs, 'in', attrs), rows: attrs.height * attrs.width } };
  },

  /** A move counts as one. */
  flops: (specs) => elements(specs.out),

  forward: (x, attrs, { samples }) => ({ out: fromWindows(slots(x, 'in').in, samples, attrs) }), // [b*h*w, c]

  backward: (_, dys, attrs, { samples }) => ({ in: toWindows(slots(dys, 'out').out, samples, attrs) }), // [b*windows*window^2, c]

  fused: {
    forward: (c, x, attrs) => queueWindows(c, 'from_windows', slots(x, 'in').in, { tensor: c.out('out') }, attrs),
    backward: (c, _, dys, attrs) => queueWindows(c, 'to_windows', slots(dys, 'out').out, c.into('in'), attrs),
  },
};
