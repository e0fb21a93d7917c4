import { describe, expect, it } from 'vitest';
import type { Arrays } from '../reference/array';
import { fill } from '../reference/array';
import { references } from '../reference/ops';
import '../matchers';
import { drawn } from './case';
import { cases } from './cases';
import { executorOf, forms } from './executors';

const caseOf = (title: string) => cases.find((c) => c.title === title)!;

describe.each(forms)('%s', async (form) => {
  const executor = await executorOf(form);

  /** Outputs as the reference has them, and gradients that are numbers. */
  const holds = (title: string, change: (x: Arrays) => Arrays, tolerance: number): void => {
    const c = caseOf(title);
    const x = { ...drawn(c), ...change(drawn(c)) };
    const outputs = executor.forward(c, x);
    const want = references[c.op.name]!(x, c.attrs as never, c.context);
    for (const slot of c.op.outputs) expect(outputs[slot]!.data, slot).toAgreeWith(want[slot]!.data, tolerance);
    const last = c.op.outputs.at(-1)!;
    const gradients = executor.backward(c, { ...x, ...outputs }, { [last]: fill(want[last]!.shape, () => 1) }, Object.keys(c.op.reads));
    for (const { data } of Object.values(gradients)) expect(data.every(Number.isFinite)).toBe(true);
  };

  it('GELU of large numbers is the number or zero', () => {
    holds('gelu 1 1 2', () => ({ in: fill([1, 2], (i) => [80, -80][i]!) }), 1e-6);
  });

  it('attention with large scores looks at one key', () => {
    holds('attention 3 7 3 5', (x) => ({ q: fill(x.q!.shape, (i) => 100 * x.q!.data[i]!) }), 2e-4);
  });

  it('cross-entropy of large logits is their distance', () => {
    holds('crossEntropy 4 7 1', (x) => ({ logits: fill(x.logits!.shape, (i) => 1e4 * x.logits!.data[i]!) }), 1e-6);
    holds('softCrossEntropy 4 7', (x) => ({ logits: fill(x.logits!.shape, (i) => 1e4 * x.logits!.data[i]!) }), 1e-6);
  });

  it('cross-entropy of pixels takes large logits', () => {
    holds('pixelCrossEntropy 1 19 3 41 5 20', (x) => ({ logits: fill(x.logits!.shape, (i) => 1e4 * x.logits!.data[i]!) }), 1e-6);
  });

  it('BatchNorm takes a channel far from zero, one of 200 standard deviations, and one of a single number', () => {
    const channel = [(v: number) => v + 1e3, (v: number) => (Math.abs(v) > 2 ? 200 * v : v), () => 3];
    holds('batchNorm 2 150 37', (x) => ({ x: fill(x.x!.shape, (i) => (channel[i % 37] ?? Number)(x.x!.data[i]!)) }), 1e-4);
  });

  it('LayerNorm takes one channel of 200 standard deviations, and rows of one number', () => {
    holds('normalise 3 7 13', (x) => ({ x: fill(x.x!.shape, (i) => (i % 13 === 5 ? 200 : x.x!.data[i]!)) }), 1e-5);
    holds('normalise 3 7 13', (x) => ({ x: fill(x.x!.shape, () => 3) }), 1e-5);
  });
});
