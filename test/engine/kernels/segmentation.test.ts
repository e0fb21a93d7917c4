import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../kernel-lib/engine/engine';
import { pixelGradientScratch, pixelScratch } from '../../../kernel-lib/engine/scratch';
import '../../matchers';
import { bits, engineOf, forms, garbage, random, run, zeros } from './engines';

const [samples, h, w, tall, wide, k] = [2, 19, 5, 50, 13, 21];
const sizes = [samples, h, w, tall, wide, k];
const logits = random(samples * h * w * k, 1).map((v) => 3 * v);
const labels = Int32Array.from({ length: samples * tall * wide }, (_, i) => ((i * 7) % (k + 2)) - 1);
const weights = Float32Array.of(0.5, 2);

const loss = (engine: Engine, of = labels) =>
  run(engine, 'pixel_cross_entropy', [logits, of, garbage(tall * samples), ...sizes], pixelScratch(w, k))[2]!;
const gradient = (engine: Engine, of = labels) =>
  run(engine, 'pixel_cross_entropy_gradient', [logits, of, weights, garbage(logits.length), ...sizes, 0], pixelGradientScratch(w, k))[3]!;
const argmax = (engine: Engine, of: Float32Array = logits, dims = sizes) => {
  const [b, , width, down, across, classes] = dims as [number, number, number, number, number, number];
  return run(engine, 'pixel_argmax', [of, new Int32Array(b * down * across), ...dims], pixelScratch(width, classes))[1]!;
};

describe.each(forms)('pixels on %s', async (form) => {
  const [engine, crowd] = [await engineOf(form, 1), await engineOf(form, 3)];

  it('have the same bits on any number of threads', () => {
    expect(bits(loss(crowd))).toEqual(bits(loss(engine)));
    expect(bits(gradient(crowd))).toEqual(bits(gradient(engine)));
    expect(argmax(crowd)).toEqual(argmax(engine));
  });

  it('have gradients that sum to zero over the classes, none where no label is a class', () => {
    const dx = gradient(engine);
    const sums = Array.from({ length: samples * h * w }, (_, r) => dx.subarray(r * k, (r + 1) * k).reduce((a, b) => a + b, 0));
    expect(sums).toAgreeWith(zeros(sums.length), 1e-6);
    for (const none of [-1, -(2 ** 31), k, 255, 2 ** 31 - 1]) {
      expect(new Set(gradient(engine, new Int32Array(labels.length).fill(none)))).toEqual(new Set([0]));
      expect(new Set(loss(engine, new Int32Array(labels.length).fill(none)))).toEqual(new Set([0]));
    }
  });

  it('take the first class with the largest interpolated logit', () => {
    const out = run(engine, 'resize', [logits, garbage(samples * tall * wide * k), samples, h, w, tall, wide, 0, k])[1]!;
    const largest = Array.from(labels, (_, i) => {
      const row = out.subarray(i * k, (i + 1) * k);
      return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
    });
    const agreeing = Array.from(argmax(engine)).filter((label, i) => label === largest[i]);
    expect(agreeing.length).toBeGreaterThan(0.998 * labels.length); // rounding may turn a tie
    expect([...argmax(engine, zeros(2 * 2 * 3), [1, 2, 2, 3, 3, 3])]).toEqual(Array(9).fill(0));
    expect([...argmax(engine, Float32Array.of(1, 2, 2, 0), [1, 1, 1, 1, 2, 4])]).toEqual([1, 1]);
  });
});
