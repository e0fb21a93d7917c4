import type { Op, Recipe } from '../tape/op';
import { elements, mapped, slots } from './slots';
import { checkShift, fromWindows, queueWindows, toWindows, type WindowAttrs, windowGrid } from './windows';

/** out -> in: every row of the map is in one window. */
const inverse: Recipe<WindowAttrs> = {
  from: ['out'],
  to: ['in'],
  flops: (specs) => elements(specs.in),
  plain: (x, attrs, { samples }) => ({ in: fromWindows(slots(x, 'out').out, samples, attrs) }),
  fused(c, x, attrs) {
    const made = c.out('in');
    queueWindows(c, 'from_windows', slots(x, 'out').out, { tensor: made }, attrs);
    return { in: made };
  },
};

/** A map cut into windows, row after row of them, after a cyclic shift and with zeros where windows reach beyond it. */
export const windowPartition: Op<WindowAttrs> = {
  name: 'windowPartition',
  inputs: ['in'],
  params: [],
  outputs: ['out'],
  reads: { in: [] },
  recipes: [inverse],

  specs(specs, attrs) {
    checkShift(attrs);
    const x = mapped(specs, 'in', attrs.height, attrs.width);
    return { out: { ...x, rows: windowGrid(attrs).count * attrs.window ** 2 } };
  },

  /** A move counts as one. */
  flops: (specs) => elements(specs.out),

  forward: (x, attrs, { samples }) => ({ out: toWindows(slots(x, 'in').in, samples, attrs) }), // [b*windows*window^2, c]

  backward: (_, dys, attrs, { samples }) => ({ in: fromWindows(slots(dys, 'out').out, samples, attrs) }), // [b*h*w, c]

  fused: {
    forward: (c, x, attrs) => queueWindows(c, 'to_windows', slots(x, 'in').in, { tensor: c.out('out') }, attrs),
    backward: (c, _, dys, attrs) => queueWindows(c, 'from_windows', slots(dys, 'out').out, c.into('in'), attrs),
  },
};
