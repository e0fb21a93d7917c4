import { dropPathScale } from '../../kernel-lib/random/random';
import type { PlainContext } from '../../kernel-lib/tape/op';
import { type Array64, type Arrays, array, at, fill } from './array';

// References of the ops of a segmentation head, in float64.

type Size = readonly [height: number, width: number];

const get = (x: Arrays, slot: string): Array64 => x[slot] as Array64;
const columnsOf = (x: Array64): number => x.shape.at(-1) as number;

export function relu(x: Arrays): Arrays {
  const a = get(x, 'in');
  return { positive: fill(a.shape, (i) => (at(a, i) > 0 ? 1 : 0)), out: fill(a.shape, (i) => Math.max(0, at(a, i))) };
}

export function dropChannels(x: Arrays, { rate }: { rate: number }, c: PlainContext): Arrays {
  const map = get(x, 'in');
  const d = columnsOf(map);
  const perSample = map.data.length / c.samples;
  const scale = (i: number): number =>
    c.training && rate > 0 ? dropPathScale(c.key, c.firstSample + Math.floor(i / perSample), rate, i % d) : 1;
  return { out: fill(map.shape, (i) => at(map, i) * scale(i)) };
}

export function resize(x: Arrays, attrs: { from: Size; to: Size; method: string }, { samples }: PlainContext): Arrays {
  return { out: resized(get(x, 'in'), attrs.from, attrs.to, attrs.method, samples) };
}

/** [b*h*w, c] -> [b*H*W, c]; a pixel takes of every other one what is nearer than a pixel. */
function resized(map: Array64, [h, w]: Size, [tall, wide]: Size, method: string, samples: number): Array64 {
  const c = columnsOf(map);
  const share = (to: number, from: number, size: number, wanted: number): number => {
    if (method === 'nearest') return Math.floor((to * size) / wanted) === from ? 1 : 0;
    const centre = Math.min(size - 1, Math.max(0, ((to + 0.5) * size) / wanted - 0.5));
    return Math.max(0, 1 - Math.abs(centre - from));
  };
  return fill([samples * tall * wide, c], (i) => {
    const pixel = Math.floor(i / c);
    const [sample, y, x] = [Math.floor(pixel / (tall * wide)), Math.floor(pixel / wide) % tall, pixel % wide];
    let sum = 0;
    for (let v = 0; v < h; v++)
      for (let u = 0; u < w; u++) {
        sum += share(y, v, h, tall) * share(x, u, w, wide) * at(map, ((sample * h + v) * w + u) * c + (i % c));
      }
    return sum;
  });
}

export function pixelCrossEntropy(x: Arrays, { height, width }: { height: number; width: number }, { samples }: PlainContext): Arrays {
  const labels = get(x, 'labels');
  const [, tall, wide] = labels.shape as [number, number, number];
  const logits = resized(get(x, 'logits'), [height, width], [tall, wide], 'bilinear', samples);
  const k = columnsOf(logits);
  const surprise = (pixel: number): number => {
    const label = at(labels, pixel);
    if (label < 0 || label === 255) return 0;
    const row = logits.data.subarray(pixel * k, (pixel + 1) * k);
    const top = row.reduce((a, b) => Math.max(a, b));
    return top + Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0)) - row[label]!;
  };
  const losses = array([samples]);
  for (let i = 0; i < labels.data.length; i++) losses.data[Math.floor(i / (tall * wide))]! += surprise(i) / (tall * wide);
  return { losses };
}

export function batchNorm(
  values: Arrays,
  { eps, momentum }: { eps: number; momentum: number },
  { samples, training }: PlainContext,
): Arrays {
  const x = get(values, 'x');
  const [rows, d] = x.shape as [number, number];
  const average = (first: number, count: number, column: number, f: (v: number) => number): number => {
    let sum = 0;
    for (let r = first; r < first + count; r++) sum += f(at(x, r * d + column));
    return sum / count;
  };
  const variance = (first: number, count: number, column: number): number => {
    const mean = average(first, count, column, (v) => v);
    return average(first, count, column, (v) => (v - mean) ** 2);
  };
  const own = fill([2, d], (i) => (i < d ? average(0, rows, i, (v) => v) : variance(0, rows, i - d)));
  const mean = training ? (j: number) => at(own, j) : (j: number) => at(get(values, 'running_mean'), j);
  const spread = training ? (j: number) => at(own, d + j) : (j: number) => at(get(values, 'running_var'), j);
  const xhat = fill([rows, d], (i) => (at(x, i) - mean(i % d)) / Math.sqrt(spread(i % d) + eps));
  const each = rows / samples;
  const moments = fill([samples, 2, d], (i) => {
    const [first, column] = [Math.floor(i / (2 * d)) * each, i % d];
    if (!training) return 0;
    return i % (2 * d) < d ? average(first, each, column, (v) => v) : variance(first, each, column) * each;
  });
  const moved = (slot: string, to: (j: number) => number): Array64 =>
    fill([d], (j) => (1 - momentum) * at(get(values, slot), j) + momentum * to(j));
  const unbiased = rows / Math.max(1, rows - 1);
  return {
    moments,
    xhat,
    out: fill([rows, d], (i) => at(xhat, i) * at(get(values, 'weight'), i % d) + at(get(values, 'bias'), i % d)),
    ...(training && {
      running_mean: moved('running_mean', (j) => at(own, j)),
      running_var: moved('running_var', (j) => at(own, d + j) * unbiased),
    }),
  };
}
