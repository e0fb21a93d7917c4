import { describe, expect, it } from 'vitest';
import '../../matchers';
import type { Engine } from '../../../kernel-lib/engine/engine';
import { attentionCuts, attentionGradientScratch, attentionScratch } from '../../../kernel-lib/engine/scratch';
import { bits, engineOf, forms, garbage, random, run, zeros } from './engines';

interface Shape {
  readonly batch: number;
  readonly heads: number;
  readonly tokens: number;
  readonly depth: number;
}
const shapes: readonly Shape[] = [
  { batch: 1, heads: 1, tokens: 1, depth: 1 },
  { batch: 2, heads: 3, tokens: 5, depth: 7 },
  { batch: 1, heads: 2, tokens: 37, depth: 33 },
  { batch: 2, heads: 1, tokens: 113, depth: 16 },
];
const size = ({ batch, heads, tokens, depth }: Shape) => batch * heads * tokens * depth;
const pairs = ({ batch, heads, tokens }: Shape) => batch * heads * tokens * tokens;

/** o, probs, dq, dk, dv in float64. */
function reference(s: Shape, q: Float32Array, k: Float32Array, v: Float32Array, dout: Float32Array, scale: number) {
  const { batch, heads, tokens, depth } = s;
  const r = {
    o: new Float64Array(size(s)),
    probs: new Float64Array(pairs(s)),
    dq: new Float64Array(size(s)),
    dk: new Float64Array(size(s)),
    dv: new Float64Array(size(s)),
  };
  for (let g = 0; g < batch * heads; g++) {
    const at = (t: number, c: number) => (Math.floor(g / heads) * tokens + t) * heads * depth + (g % heads) * depth + c;
    const dot = (x: Float32Array, i: number, y: Float32Array, j: number) => {
      let sum = 0;
      for (let c = 0; c < depth; c++) sum += x[at(i, c)]! * y[at(j, c)]!;
      return sum;
    };
    for (let i = 0; i < tokens; i++) {
      const scores = Array.from({ length: tokens }, (_, j) => dot(q, i, k, j) * scale);
      const top = Math.max(...scores);
      const total = scores.reduce((sum, x) => sum + Math.exp(x - top), 0);
      const p = scores.map((x) => Math.exp(x - top) / total);
      const dp = p.map((_, j) => dot(dout, i, v, j));
      const mean = p.reduce((sum, x, j) => sum + x * dp[j]!, 0);
      for (let j = 0; j < tokens; j++) {
        const ds = p[j]! * (dp[j]! - mean) * scale;
        r.probs[(g * tokens + i) * tokens + j] = p[j]!;
        for (let c = 0; c < depth; c++) {
          r.o[at(i, c)]! += p[j]! * v[at(j, c)]!;
          r.dq[at(i, c)]! += ds * k[at(j, c)]!;
          r.dk[at(j, c)]! += ds * q[at(i, c)]!;
          r.dv[at(j, c)]! += p[j]! * dout[at(i, c)]!;
        }
      }
    }
  }
  return r;
}

const inputs = (s: Shape) => [1, 2, 3, 4].map((seed) => random(size(s), seed)) as [Float32Array, Float32Array, Float32Array, Float32Array];

/** Arguments that both commands end with: no bias here (test/ops has it). */
const shared = (s: Shape, scale: number) => [s.batch, s.heads, s.tokens, s.tokens, s.depth, scale, null, 0, 0];

function forward(e: Engine, s: Shape, q: Float32Array, k: Float32Array, v: Float32Array, scale: number, probs: boolean) {
  const args = [q, k, v, garbage(size(s)), probs ? garbage(pairs(s)) : null, ...shared(s, scale)];
  const [, , , o, p] = run(e, 'attention', args, attentionScratch(s.tokens, s.tokens, s.depth));
  return { o: o!, p };
}

function backward(
  e: Engine,
  s: Shape,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  probs: Float32Array | null,
  dout: Float32Array,
  scale: number,
) {
  const args = [q, k, v, probs, dout, ...[0, 0, 0].map(() => garbage(size(s))), null, 1, ...shared(s, scale)];
  return run(e, 'attention_gradient', args, attentionGradientScratch(s.tokens, s.tokens, s.depth)).slice(-3);
}

describe.each(forms)('attention on %s', async (form) => {
  const engine = await engineOf(form);

  it.each(shapes)('agrees with float64 forward and backward: $batch x $heads x $tokens x $depth', (s) => {
    const [q, k, v, dout] = inputs(s);
    const scale = 0.7;
    const want = reference(s, q, k, v, dout, scale);
    const { o, p } = forward(engine, s, q, k, v, scale, true);
    expect(o).toAgreeWith(want.o, 3e-6);
    expect(p!).toAgreeWith(want.probs, 3e-6);
    const [dq, dk, dv] = backward(engine, s, q, k, v, p!, dout, scale);
    expect(dq!).toAgreeWith(want.dq, 1e-5);
    expect(dk!).toAgreeWith(want.dk, 1e-5);
    expect(dv!).toAgreeWith(want.dv, 1e-5);
  });

  it('has the same bits with and without probabilities given out or taken', () => {
    const s = { batch: 1, heads: 2, tokens: 101, depth: 24 };
    const [q, k, v, dout] = inputs(s);
    const { o, p } = forward(engine, s, q, k, v, 0.2, true);
    expect(bits(forward(engine, s, q, k, v, 0.2, false).o)).toEqual(bits(o));
    expect(backward(engine, s, q, k, v, null, dout, 0.2).map(bits)).toEqual(backward(engine, s, q, k, v, p!, dout, 0.2).map(bits));
  });

  it('gives a sample the same bits alone and in a batch, on 1, 2 and 3 threads', async () => {
    const s = { batch: 3, heads: 1, tokens: 110, depth: 20 };
    const one = { ...s, batch: 1 };
    const [q, k, v] = inputs(s);
    const whole = bits(forward(engine, s, q, k, v, 0.2, false).o);
    const last = [q, k, v].map((x) => x.slice(2 * size(one))) as [Float32Array, Float32Array, Float32Array];
    for (const threads of [1, 2, 3]) {
      const e = await engineOf(form, threads);
      expect(bits(forward(e, s, q, k, v, 0.2, false).o)).toEqual(whole);
      expect(bits(forward(e, one, ...last, 0.2, false).o)).toEqual(whole.slice(2 * size(one)));
    }
  });

  it('gives long rows, in their smaller tiles, the softmax that sums to 1', () => {
    const s = { batch: 1, heads: 1, tokens: 531, depth: 8 };
    const [q, k] = inputs(s);
    const ones = new Float32Array(size(s)).fill(1);
    expect(forward(engine, s, q, k, ones, 0.5, false).o).toAgreeWith(ones, 2e-6);
    const [dq, dk] = backward(engine, s, q, k, ones, null, ones, 0.5); // every key has the same value: no score matters
    expect(dq!).toAgreeWith(zeros(size(s)), 2e-5);
    expect(dk!).toAgreeWith(zeros(size(s)), 2e-5);
  });

  it('keeps NaN in the rows of its query, and stands scores in the thousands', () => {
    const s = { batch: 1, heads: 1, tokens: 6, depth: 4 };
    const [q, k, v] = inputs(s);
    q[4] = Number.NaN;
    const { o } = forward(
      engine,
      s,
      q.map((x) => x * 3000),
      k,
      v,
      1,
      false,
    );
    expect(Array.from(o, (x) => Number.isNaN(x))).toEqual(Array.from(o, (_, i) => i >= 4 && i < 8));
  });
  it('gives queries the same bits whatever the number of others, beside keys of their own number, on 1, 2 and 3 threads', async () => {
    const [heads, tokens, keys, depth] = [2, 611, 49, 16];
    const cuts = 3; // of at least 4 * 49 queries
    expect(attentionCuts(tokens, keys)).toBe(cuts);
    const [q, dout] = [random(tokens * heads * depth, 1), random(tokens * heads * depth, 4)];
    const [k, v] = [random(keys * heads * depth, 2), random(keys * heads * depth, 3)];
    const attend = (e: Engine, rows: Float32Array) => {
      const n = rows.length / heads / depth;
      const args = [rows, k, v, garbage(rows.length), null, 1, heads, n, keys, depth, 0.3, null, 0, 0];
      return bits(run(e, 'attention', args, attentionScratch(n, keys, depth))[3]!);
    };
    const gradients = (e: Engine) => {
      const to = [garbage(q.length), garbage(cuts * k.length), garbage(cuts * v.length)];
      const args = [q, k, v, null, dout, ...to, null, 1, 1, heads, tokens, keys, depth, 0.3, null, 0, 0];
      return run(e, 'attention_gradient', args, attentionGradientScratch(tokens, keys, depth))
        .slice(-3)
        .map(bits);
    };
    const whole = attend(engine, q);
    const slopes = gradients(engine);
    for (const threads of [1, 2, 3]) {
      const e = await engineOf(form, threads);
      expect(attend(e, q)).toEqual(whole);
      expect(attend(e, q.subarray(0, 5 * heads * depth))).toEqual(whole.slice(0, 5 * heads * depth));
      expect(gradients(e)).toEqual(slopes);
    }
  });

  it('gives windows the bias of their class, and the sums of its gradient by fixed blocks on any number of threads', async () => {
    const [down, across, heads, n, depth, block] = [2, 3, 2, 4, 5, 4];
    const windows = 2 * down * across;
    const s = { batch: windows, heads, tokens: n, depth };
    const [q, k, v, dout] = inputs(s);
    const bias = random(4 * heads * n * n, 5);
    const shape = (samples: number, grid: readonly number[]) => [samples, heads, n, n, depth, 0.3, bias, ...grid];
    const probs = run(
      engine,
      'attention',
      [q, k, v, null, garbage(pairs(s)), ...shape(windows, [down, across])],
      attentionScratch(n, n, depth),
    )[3]!;
    for (let w = 0; w < windows; w++) {
      const kind = (Math.floor(w / across) % down === down - 1 ? 2 : 0) + (w % across === across - 1 ? 1 : 0);
      const one = [q, k, v].map((x) => x.subarray(w * n * heads * depth, (w + 1) * n * heads * depth));
      const own = bias.subarray(kind * heads * n * n, (kind + 1) * heads * n * n);
      const args = [...one, null, garbage(heads * n * n), 1, heads, n, n, depth, 0.3, own, 0, 0];
      const alone = run(engine, 'attention', args, attentionScratch(n, n, depth))[3]!;
      expect(bits(alone)).toEqual(bits(probs.slice(w * heads * n * n, (w + 1) * heads * n * n)));
    }
    const gradients = (e: Engine, given: Float32Array | null, sums: Float32Array | null) => {
      const to = [0, 1, 2].map(() => garbage(size(s)));
      const args = [q, k, v, given, dout, ...to, sums, block, ...shape(windows, [down, across])];
      return run(e, 'attention_gradient', args, attentionGradientScratch(n, n, depth)).slice(given ? 5 : 4);
    };
    const sums = () => garbage(3 * heads * n * n);
    const want = gradients(engine, probs, sums()).slice(0, 4).map(bits);
    for (const threads of [1, 2, 3]) {
      const e = await engineOf(form, threads);
      expect(gradients(e, null, sums()).slice(0, 4).map(bits)).toEqual(want);
      expect(gradients(e, null, null).slice(0, 3).map(bits)).toEqual(want.slice(0, 3));
    }
  });
});
