import { type Array64, array, at, fill } from './array';
import type { Reference } from './ops';

interface Map2d {
  readonly height: number;
  readonly width: number;
  readonly window: number;
  readonly shift: number;
}

/** A token of a window: where it is on the padded and moved map, and which row of the sample it comes from (-1: padding). */
interface Place {
  readonly y: number;
  readonly x: number;
  readonly row: number;
}

/** The tokens of every window of a sample, window after window. */
function places({ height, width, window, shift }: Map2d): Place[][] {
  const [tall, wide] = [height, width].map((n) => Math.ceil(n / window) * window) as [number, number];
  const all: Place[][] = [];
  for (let top = 0; top < tall; top += window)
    for (let left = 0; left < wide; left += window) {
      const tokens: Place[] = [];
      for (let y = top; y < top + window; y++)
        for (let x = left; x < left + window; x++) {
          const [from, side] = [(y + shift) % tall, (x + shift) % wide];
          tokens.push({ y, x, row: from < height && side < width ? from * width + side : -1 });
        }
      all.push(tokens);
    }
  return all;
}

/** Swin's regions of the moved map along one side: before the last window, in its first part, and what came round. */
function region(position: number, side: number, { window, shift }: Map2d): number {
  const padded = Math.ceil(side / window) * window;
  return position < padded - window ? 0 : position < padded - shift ? 1 : 2;
}

const rowOf = (t: Array64, sample: number, rows: number, row: number, c: number) =>
  t.data.subarray((sample * rows + row) * c, (sample * rows + row + 1) * c);

/** The references of the ops on windows, from places on the map. */
export const windowReferences: { readonly [op: string]: Reference } = {
  windowPartition(values, attrs: Map2d, { samples }) {
    const x = values.in as Array64;
    const c = x.shape[1] as number;
    const order = places(attrs).flat();
    const out = array([samples * order.length, c]);
    for (let s = 0; s < samples; s++)
      order.forEach(({ row }, i) => {
        if (row >= 0) out.data.set(rowOf(x, s, attrs.height * attrs.width, row, c), (s * order.length + i) * c);
      });
    return { out };
  },

  windowMerge(values, attrs: Map2d, { samples }) {
    const x = values.in as Array64;
    const c = x.shape[1] as number;
    const rows = attrs.height * attrs.width;
    const order = places(attrs).flat();
    const out = array([samples * rows, c]);
    for (let s = 0; s < samples; s++)
      order.forEach(({ row }, i) => {
        if (row >= 0) out.data.set(rowOf(x, s, order.length, i, c), (s * rows + row) * c);
      });
    return { out };
  },

  mergePatches(values, { height, width }: { height: number; width: number }, { samples }) {
    const x = values.in as Array64;
    const c = x.shape[1] as number;
    const [tall, wide] = [Math.ceil(height / 2), Math.ceil(width / 2)];
    return {
      out: fill([samples * tall * wide, 4 * c], (i) => {
        const [to, part, column] = [Math.floor(i / c / 4), Math.floor(i / c) % 4, i % c];
        const [s, y, z] = [Math.floor(to / tall / wide), Math.floor(to / wide) % tall, to % wide];
        const [down, across] = [2 * y + (part % 2), 2 * z + Math.floor(part / 2)];
        return down < height && across < width ? at(x, ((s * height + down) * width + across) * c + column) : 0;
      }),
    };
  },

  windowAttention(values, attrs: Map2d & { heads: number; scale: number }, { samples }) {
    const { heads, scale, window, height, width } = attrs;
    const [q, k, v, table] = ['q', 'k', 'v', 'table'].map((slot) => values[slot]) as [Array64, Array64, Array64, Array64];
    const c = q.shape[1] as number;
    const [d, n] = [c / heads, window ** 2];
    const all = places(attrs);
    const probs = array([samples * all.length, heads, n, n]);
    const o = array(q.shape);
    for (let g = 0; g < samples * all.length; g++)
      for (let h = 0; h < heads; h++)
        for (let i = 0; i < n; i++) {
          const cell = (t: Array64, token: number, column: number) => at(t, (g * n + token) * c + h * d + column);
          const tokens = all[g % all.length] as Place[];
          const from = tokens[i] as Place;
          const scores = tokens.map((to, j) => {
            let sum = 0;
            for (let e = 0; e < d; e++) sum += cell(q, i, e) * cell(k, j, e);
            const relative = (from.y - to.y + window - 1) * (2 * window - 1) + from.x - to.x + window - 1;
            const apart =
              region(from.y, height, attrs) !== region(to.y, height, attrs) || region(from.x, width, attrs) !== region(to.x, width, attrs);
            return scale * sum + at(table, relative * heads + h) - (apart && attrs.shift > 0 ? 100 : 0);
          });
          const top = Math.max(...scores);
          const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
          scores.forEach((score, j) => {
            const p = Math.exp(score - top) / total;
            probs.data[((g * heads + h) * n + i) * n + j] = p;
            for (let e = 0; e < d; e++) o.data[(g * n + i) * c + h * d + e]! += p * cell(v, j, e);
          });
        }
    return { probs, o };
  },
};
