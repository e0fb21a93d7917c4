import { dropPathScale } from '../../kernel-lib/random/random';
import type { PlainContext } from '../../kernel-lib/tape/op';
import { type Array64, type Arrays, array, at, fill, product, size } from './array';
import { erf } from './erf';
import { batchNorm, dropChannels, pixelCrossEntropy, relu, resize } from './segmentation';
import { windowReferences } from './windows';

/** The forward of an op in float64, from its definition: loops only, nothing shared with the library. */
export type Reference = (x: Arrays, attrs: never, c: PlainContext) => Arrays;

const get = (x: Arrays, slot: string): Array64 => x[slot] as Array64;
const columnsOf = (x: Array64): number => x.shape.at(-1) as number;

/** Every op's reference, by the op's name. */
export const references: { readonly [op: string]: Reference } = {
  batchNorm,
  dropChannels,
  pixelCrossEntropy,
  relu,
  resize,

  linear: (x) => ({ out: product(get(x, 'in'), get(x, 'weight'), x.bias) }),

  conv2d,

  qkv: (x) => inParts(x, ['q', 'k', 'v']),
  kv: (x) => inParts(x, ['k', 'v']),

  lora(x, { rank, alpha }: { rank: number; alpha: number }) {
    const update = product(product(get(x, 'in'), get(x, 'a')), get(x, 'b'));
    return { out: fill(update.shape, (i) => at(get(x, 'base'), i) + (alpha / rank) * at(update, i)) };
  },

  normalise(values, { eps }: { eps: number }) {
    const x = get(values, 'x');
    const [m, d] = x.shape as [number, number];
    const row = (r: number) => x.data.subarray(r * d, (r + 1) * d);
    const mean = fill([m], (r) => row(r).reduce((a, b) => a + b, 0) / d);
    const rstd = fill([m], (r) => 1 / Math.sqrt(row(r).reduce((s, v) => s + (v - at(mean, r)) ** 2, 0) / d + eps));
    const xhat = fill([m, d], (i) => (at(x, i) - at(mean, Math.floor(i / d))) * at(rstd, Math.floor(i / d)));
    return { xhat, mean, rstd, out: fill([m, d], (i) => at(xhat, i) * at(get(values, 'weight'), i % d) + at(get(values, 'bias'), i % d)) };
  },

  attention(x, { heads, scale }: { heads: number; scale: number }, { samples: b }) {
    const [q, k, v] = [get(x, 'q'), get(x, 'k'), get(x, 'v')];
    const c = columnsOf(q);
    const [n, keys] = [q.data.length / c / b, k.data.length / c / b];
    const d = c / heads;
    const probs = array([b, heads, n, keys]);
    const o = array(q.shape);
    for (let head = 0; head < b * heads; head++) {
      const index = (tokens: number, row: number, column: number) =>
        (Math.floor(head / heads) * tokens + row) * c + (head % heads) * d + column;
      const rows = (t: Array64, count: number) => fill([count, d], (i) => at(t, index(count, Math.floor(i / d), i % d)));
      const columns = (t: Array64) => fill([d, keys], (i) => at(t, index(keys, i % keys, Math.floor(i / keys))));
      const scores = product(rows(q, n), rows(k, keys)); // [n, keys]
      const p = array([n, keys]);
      for (let r = 0; r < n; r++) p.data.set(softmax(scores.data.subarray(r * keys, (r + 1) * keys).map((s) => s * scale)), r * keys);
      probs.data.set(p.data, head * n * keys);
      product(p, columns(v)).data.forEach((value, i) => {
        o.data[index(n, Math.floor(i / d), i % d)] = value;
      });
    }
    return { probs, o };
  },

  gelu: (x) => ({ out: fill(get(x, 'in').shape, (i) => (at(get(x, 'in'), i) * (1 + erf(at(get(x, 'in'), i) / Math.SQRT2))) / 2) }),

  residual(x, { rate }: { rate: number }, c) {
    const stream = get(x, 'in');
    const perSample = stream.data.length / c.samples;
    const s = Array.from({ length: c.samples }, (_, i) => (c.training && rate > 0 ? dropPathScale(c.key, c.firstSample + i, rate) : 1));
    return { out: fill(stream.shape, (i) => at(stream, i) + at(get(x, 'branch'), i) * (s[Math.floor(i / perSample)] as number)) };
  },

  patchEmbed(x) {
    const [images, weight] = [get(x, 'in'), get(x, 'weight')];
    const [b, channels, height, width] = images.shape as [number, number, number, number];
    const [c, , p] = weight.shape as [number, number, number, number];
    const [tall, wide] = [height / p, width / p];
    const out = array([b * tall * wide, c]);
    for (let i = 0; i < out.data.length; i++) {
      const [to, token] = [i % c, Math.floor(i / c)];
      const [s, ty, tx] = [Math.floor(token / (tall * wide)), Math.floor(token / wide) % tall, token % wide];
      let sum = at(get(x, 'bias'), to);
      for (let ch = 0; ch < channels; ch++)
        for (let y = 0; y < p; y++)
          for (let z = 0; z < p; z++) {
            sum +=
              at(images, ((s * channels + ch) * height + ty * p + y) * width + tx * p + z) *
              at(weight, ((to * channels + ch) * p + y) * p + z);
          }
      out.data[i] = sum;
    }
    return { out };
  },

  positions(x) {
    const [patches, cls, pos] = [get(x, 'in'), get(x, 'cls'), get(x, 'pos')];
    const [tokens, c] = [pos.shape[1] as number, cls.shape[2] as number];
    const b = patches.data.length / c / (tokens - 1);
    return {
      out: fill([b * tokens, c], (i) => {
        const [s, t, j] = [Math.floor(i / (tokens * c)), Math.floor(i / c) % tokens, i % c];
        return at(pos, t * c + j) + (t === 0 ? at(cls, j) : at(patches, (s * (tokens - 1) + t - 1) * c + j));
      }),
    };
  },

  addPositions(x) {
    const [tokens, pos] = [get(x, 'in'), get(x, 'pos')];
    return { out: fill(tokens.shape, (i) => at(tokens, i) + at(pos, i % pos.data.length)) };
  },

  takeRows(x, { first, count, rows }: { first: number; count: number; rows: number }, { samples }) {
    const c = columnsOf(get(x, 'in'));
    return {
      out: fill([samples * count, c], (i) => {
        const [s, row] = [Math.floor(i / c / count), Math.floor(i / c) % count];
        return at(get(x, 'in'), (s * rows + first + row) * c + (i % c));
      }),
    };
  },

  meanRows(x, { rows }: { rows: number }, { samples }) {
    const c = columnsOf(get(x, 'in'));
    const of = (i: number) => Array.from({ length: rows }, (_, r) => at(get(x, 'in'), (Math.floor(i / c) * rows + r) * c + (i % c)));
    return { out: fill([samples, c], (i) => of(i).reduce((a, b) => a + b) / rows) };
  },

  ...windowReferences,

  crossEntropy(x, { smoothing }: { smoothing: number }) {
    const logits = get(x, 'logits');
    const classes = columnsOf(logits);
    const targets = fill(
      logits.shape,
      (i) => smoothing / classes + (at(get(x, 'labels'), Math.floor(i / classes)) === i % classes ? 1 - smoothing : 0),
    );
    return { losses: crossEntropy(logits, targets) };
  },

  softCrossEntropy: (x) => ({ losses: crossEntropy(get(x, 'logits'), get(x, 'targets')) }),
};

interface Convolution {
  readonly height: number;
  readonly width: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

function conv2d(x: Arrays, { height, width, kernel, stride, padding }: Convolution, { samples }: PlainContext): Arrays {
  const [map, weight] = [get(x, 'in'), get(x, 'weight')];
  const [c, channels] = weight.shape as [number, number];
  const [down, across] = [height, width].map((side) => Math.floor((side + 2 * padding - kernel) / stride) + 1) as [number, number];
  const out = array([samples * down * across, c]);
  for (let pixel = 0, i = 0; i < out.data.length; pixel++) {
    const sample = Math.floor(pixel / (down * across));
    const [top, left] = [(Math.floor(pixel / across) % down) * stride - padding, (pixel % across) * stride - padding];
    for (let to = 0; to < c; to++, i++) {
      let sum = x.bias ? at(x.bias, to) : 0;
      for (let ky = Math.max(0, -top); ky < Math.min(kernel, height - top); ky++)
        for (let kx = Math.max(0, -left); kx < Math.min(kernel, width - left); kx++) {
          const from = ((sample * height + top + ky) * width + left + kx) * channels;
          for (let ch = 0; ch < channels; ch++) sum += at(map, from + ch) * at(weight, ((to * channels + ch) * kernel + ky) * kernel + kx);
        }
      out.data[i] = sum;
    }
  }
  return { out };
}

/** The blocks of columns of one linear layer. */
function inParts(x: Arrays, parts: readonly string[]): Arrays {
  const all = product(get(x, 'in'), get(x, 'weight'), get(x, 'bias'));
  const c = columnsOf(all) / parts.length;
  const part = (p: number) => fill([all.shape[0] as number, c], (i) => at(all, (Math.floor(i / c) * parts.length + p) * c + (i % c)));
  return Object.fromEntries(parts.map((name, p) => [name, part(p)]));
}

function softmax(scores: Float64Array): Float64Array {
  const top = scores.reduce((a, b) => Math.max(a, b));
  const e = scores.map((s) => Math.exp(s - top));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
}

function crossEntropy(logits: Array64, targets: Array64): Array64 {
  const classes = columnsOf(logits);
  return fill([size(logits.shape) / classes], (r) => {
    const row = logits.data.subarray(r * classes, (r + 1) * classes);
    const top = row.reduce((a, b) => Math.max(a, b));
    const norm = top + Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0));
    return row.reduce((sum, v, j) => sum + at(targets, r * classes + j) * (norm - v), 0);
  });
}
