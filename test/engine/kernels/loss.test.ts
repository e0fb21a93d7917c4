import { describe, expect, it } from 'vitest';
import '../../matchers';
import { engineOf, forms, garbage, random, run } from './engines';

/** Loss and gradient of each row in float64. */
function reference(logits: Float32Array, targets: ArrayLike<number>, weights: Float32Array, rows: number, classes: number) {
  const [losses, gradient] = [new Float64Array(rows), new Float64Array(rows * classes)];
  for (let r = 0; r < rows; r++) {
    const x = Array.from(logits.subarray(r * classes, (r + 1) * classes));
    const t = x.map((_, j) => targets[r * classes + j]!);
    const top = Math.max(...x);
    const norm = top + Math.log(x.reduce((s, v) => s + Math.exp(v - top), 0));
    const mass = t.reduce((s, v) => s + v, 0);
    x.forEach((v, j) => {
      losses[r]! += t[j]! * (norm - v);
      gradient[r * classes + j] = weights[r]! * (Math.exp(v - norm) * mass - t[j]!);
    });
  }
  return { losses, gradient };
}

describe.each(forms)('cross-entropy on %s', async (form) => {
  const engine = await engineOf(form);

  it.each([
    [1, 1, 0],
    [3, 2, 0.1],
    [67, 10, 0],
    [5, 1000, 0.1],
  ])('agrees with float64 for %i rows of %i classes, smoothing %f', (rows, classes, smoothing) => {
    const logits = random(rows * classes, 1).map((v) => 4 * v);
    const labels = Int32Array.from({ length: rows }, (_, r) => (r * 7 + classes - 1) % classes);
    const weights = random(rows, 2);
    const targets = Array.from(
      logits,
      (_, i) => (1 - smoothing) * Number(i % classes === labels[Math.floor(i / classes)]) + smoothing / classes,
    );
    const want = reference(logits, targets, weights, rows, classes);
    expect(run(engine, 'cross_entropy', [logits, labels, garbage(rows), rows, classes, smoothing])[2]!).toAgreeWith(want.losses, 1e-6);
    const [, , , gradient] = run(engine, 'cross_entropy_gradient', [
      logits,
      labels,
      weights,
      garbage(logits.length),
      rows,
      classes,
      smoothing,
    ]);
    expect(gradient!).toAgreeWith(want.gradient, 1e-6);
  });

  it.each([
    [2, 3],
    [65, 17],
  ])('takes soft targets, also such as do not sum to 1, for %i rows of %i classes', (rows, classes) => {
    const logits = random(rows * classes, 1);
    const targets = random(rows * classes, 2).map(Math.abs);
    const weights = random(rows, 3);
    const want = reference(logits, targets, weights, rows, classes);
    expect(run(engine, 'soft_cross_entropy', [logits, targets, garbage(rows), rows, classes])[2]!).toAgreeWith(want.losses, 1e-6);
    const [, , , gradient] = run(engine, 'soft_cross_entropy_gradient', [logits, targets, weights, garbage(logits.length), rows, classes]);
    expect(gradient!).toAgreeWith(want.gradient, 1e-6);
  });

  it('stands logits in the thousands, and shows NaN in the row that has it', () => {
    const logits = Float32Array.of(9000, -9000, 0, 5, Number.NaN, 5);
    const [, , losses] = run(engine, 'cross_entropy', [logits, Int32Array.of(1, 0), garbage(2), 2, 3, 0]);
    expect([...losses!]).toEqual([18000, Number.NaN]);
  });
});
