import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { key, normal } from '../../kernel-lib/random/random';
import { adamw, decaysByDefault } from '../../kernel-lib/train/adamw';
import { addMoments, applyUpdate, type Moments } from '../../kernel-lib/train/update';
import { startOn } from './setup';

/** AdamW in float64, as in Loshchilov and Hutter's algorithm 2. */
function reference(
  w: Float64Array,
  gradients: readonly Float32Array[],
  lrs: readonly number[],
  decay: number,
  scale: number,
): Float64Array {
  const [beta1, beta2, eps] = [0.9, 0.999, 1e-8];
  const m = new Float64Array(w.length);
  const v = new Float64Array(w.length);
  gradients.forEach((gradient, t) => {
    for (let i = 0; i < w.length; i++) {
      const g = (gradient[i] as number) * scale;
      m[i] = beta1 * (m[i] as number) + (1 - beta1) * g;
      v[i] = beta2 * (v[i] as number) + (1 - beta2) * g * g;
      const [mhat, vhat] = [(m[i] as number) / (1 - beta1 ** (t + 1)), (v[i] as number) / (1 - beta2 ** (t + 1))];
      w[i] = (w[i] as number) - (lrs[t] as number) * (mhat / (Math.sqrt(vhat) + eps) + decay * (w[i] as number));
    }
  });
  return w;
}

describe.each(['native', 'wasm', 'js', 'cpu'] as const)('adamw on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn(backend);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  /** Weights after updates of one matrix and one bias. */
  function run(
    start: Record<string, Float32Array>,
    shapes: Record<string, number[]>,
    steps: readonly Record<string, Float32Array>[],
    lrs: readonly number[],
    scale = 1,
    optimizer = adamw({ lr: 1, weightDecay: 0.1 }),
  ): Record<string, Float32Array> {
    const tensors = (arrays: Record<string, Float32Array>): Map<string, Tensor> =>
      new Map(
        Object.entries(arrays).map(([name, values]) => [
          name,
          engine.from(values, shapes[name] as number[], 'float32', { category: 'weights' }),
        ]),
      );
    const params = tensors(start);
    const moments: Moments = new Map();
    addMoments(engine, optimizer, params, params.keys(), moments);
    steps.forEach((gradients, t) => {
      applyUpdate(engine, optimizer, params, moments, tensors(gradients), { update: t + 1, lr: lrs[t] as number, scale });
    });
    const result = Object.fromEntries([...params].map(([name, t]) => [name, engine.read(t) as Float32Array]));
    for (const t of [...params.values(), ...moments.values()]) t.dispose();
    return result;
  }

  it('gives the numbers of a hand computation', () => {
    // lr 0.1, decay 0.1: the first update is lr * sign(g) and lr * decay * w, since mhat / sqrt(vhat) = g / |g|.
    const { 'a.weight': w, 'a.bias': b } = run(
      { 'a.weight': Float32Array.of(1, -2), 'a.bias': Float32Array.of(1) },
      { 'a.weight': [1, 2], 'a.bias': [1] },
      [{ 'a.weight': Float32Array.of(1, 2), 'a.bias': Float32Array.of(-3) }],
      [0.1],
    );
    expect(w?.[0]).toBeCloseTo(1 - 0.1 - 0.1 * 0.1 * 1, 6);
    expect(w?.[1]).toBeCloseTo(-2 - 0.1 + 0.1 * 0.1 * 2, 6);
    expect(b?.[0]).toBeCloseTo(1 + 0.1, 6); // a bias does not decay
  });

  it('multiplies the learning rate of a parameter by its own rate, in decay too', () => {
    const optimizer = adamw({ lr: 1, weightDecay: 0.1, rate: (name) => (name === 'head.weight' ? 10 : 1) });
    const one = Float32Array.of(1);
    const named = { 'head.weight': one, 'x.weight': one };
    const got = run(named, { 'head.weight': [1, 1], 'x.weight': [1, 1] }, [named], [0.01], 1, optimizer);
    expect(got['head.weight']?.[0]).toBeCloseTo(1 - 10 * 0.01 * (1 + 0.1), 6);
    expect(got['x.weight']?.[0]).toBeCloseTo(1 - 0.01 * (1 + 0.1), 6);
  });

  it('follows its float64 reference over ten updates, with learning rates and clipping', () => {
    const n = 700;
    const start = normal(key(1, 0, 0, 'start'), n);
    const gradients = Array.from({ length: 10 }, (_, t) => normal(key(1, t, 0, 'gradient'), n).map((g, i) => g * 10 ** ((i % 9) - 6)));
    const lrs = gradients.map((_, t) => 0.01 * (t + 1));
    const { 'x.weight': got } = run(
      { 'x.weight': start },
      { 'x.weight': [35, 20] },
      gradients.map((g) => ({ 'x.weight': g })),
      lrs,
      0.5,
    );
    const wanted = reference(Float64Array.from(start), gradients, lrs, 0.1, 0.5);
    const worst = (to: Float64Array): number =>
      to.reduce((most, x, i) => Math.max(most, Math.abs(x - (got?.[i] as number)) / (1 + Math.abs(x))), 0);
    expect(worst(wanted)).toBeLessThan(1e-6);
    expect(worst(reference(Float64Array.from(start), gradients, lrs, 0.11, 0.5))).toBeGreaterThan(1e-5); // the check sees a wrong decay
  });
});

describe('weight decay', () => {
  it('spares biases, vectors, position embeddings and tokens', () => {
    const decaying = ([name, shape]: [string, number[]]): boolean => decaysByDefault(name, shape);
    expect(
      (
        [
          ['blocks.0.attn.qkv.weight', [9, 3]],
          ['patch_embed.proj.weight', [3, 3, 2, 2]],
          ['head.weight', [5, 3]],
        ] as [string, number[]][]
      ).every(decaying),
    ).toBe(true);
    expect(
      (
        [
          ['head.bias', [5]],
          ['x.bias', [5, 1]],
          ['norm.weight', [3]],
          ['pos_embed', [1, 4, 3]],
          ['cls_token', [1, 1, 3]],
          ['layers.0.attn.relative_position_bias_table', [9, 3]],
        ] as [string, number[]][]
      ).some(decaying),
    ).toBe(false);
  });

  it('follows a rule of your own', () => {
    const command = adamw({ lr: 1, weightDecay: 0.3, decays: (name) => name === 'a' });
    const tensor = { size: 1 } as Tensor;
    const decay = (name: string): unknown =>
      command.command(
        { name, shape: [1], values: { weight: tensor, gradient: tensor, m: tensor, v: tensor } },
        { update: 1, lr: 1, scale: 1 },
      ).args[9];
    expect([decay('a'), decay('b')]).toEqual([0.3, 0]);
  });
});

it('adamw refuses options outside their range', () => {
  for (const wrong of [
    { lr: -1 },
    { lr: Number.NaN },
    { lr: 1, betas: [0.9, 1] as const },
    { lr: 1, eps: 0 },
    { lr: 1, weightDecay: -1 },
  ]) {
    expect(() => adamw(wrong)).toThrow(/optimizer-options/);
  }
});
