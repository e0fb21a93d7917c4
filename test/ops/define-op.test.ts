import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { defineOp } from '../../kernel-lib/ops/define-op';
import type { PlainContext } from '../../kernel-lib/tape/op';
import '../matchers';

let engine: Engine;

beforeAll(async () => {
  engine = await start({ threads: 1, quiet: true });
});

const context: PlainContext = { samples: 2, firstSample: 0, key: [1, 2], training: true };

/** SwiGLU without its linear layers, and a learned scale: two inputs, a parameter, an attribute. */
const gate = defineOp<{ power: number }>(
  'gate',
  ({ a, b }, { gamma }, { power }) => tf.mul(tf.mul(tf.pow(tf.sigmoid(a!), power), b!), gamma!),
  { inputs: ['a', 'b'], params: ['gamma'] },
);

describe('an op made from a function', () => {
  it('finds its specs by running the function on zeros', () => {
    const specs = { a: { rows: 3, dims: [4] }, b: { rows: 3, dims: [4] }, gamma: { rows: 1, dims: [4] } };
    expect(gate.specs(specs, { power: 2 })).toEqual({ out: { rows: 3, dims: [4] } });
    expect(gate.reads).toEqual({ a: ['a', 'b'], b: ['a', 'b'], gamma: ['a', 'b'] });
    expect(gate.flops({ out: { rows: 3, dims: [4] } }, { power: 2 })).toBe(12);
  });

  it('has the gradients of the function, only those that are wanted, and leaves nothing', () => {
    const numbers = (n: number, seed: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i + seed));
    const [a, b, dy, gamma] = [numbers(8, 0), numbers(8, 1), numbers(8, 2), numbers(4, 3)];
    const before = engine.ledger.liveBytes;
    const made = engine.plain(() => {
      const x = { a: tf.tensor(a, [2, 4]), b: tf.tensor(b, [2, 4]), gamma: tf.tensor(gamma) };
      return gate.backward(x, { out: tf.tensor(dy, [2, 4]) }, { power: 2 }, context, new Set(['a', 'gamma'])) as Record<string, tf.Tensor>;
    });
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    const da = [...a].map((v, i) => dy[i]! * b[i]! * gamma[i % 4]! * 2 * sigmoid(v) ** 2 * (1 - sigmoid(v)));
    const dgamma = [0, 1, 2, 3].map((j) => [j, j + 4].reduce((s, i) => s + dy[i]! * b[i]! * sigmoid(a[i]!) ** 2, 0));
    expect(Object.keys(made)).toEqual(['a', 'gamma']);
    expect(engine.read(made.a!)).toAgreeWith(da, 1e-5);
    expect(engine.read(made.gamma!)).toAgreeWith(dgamma, 1e-5);
    tf.dispose(made);
    expect(engine.ledger.liveBytes).toBe(before);
  });

  it('may have several outputs, of which not all carry a gradient', () => {
    const halves = defineOp(
      'halves',
      ({ in: x }) => {
        const [left, right] = tf.split(x!, 2, 1);
        return { left: left!, right: right! };
      },
      { outputs: ['left', 'right'] },
    );
    expect(halves.specs({ in: { rows: 1, dims: [6] } }, {})).toEqual({ left: { rows: 1, dims: [3] }, right: { rows: 1, dims: [3] } });
    const dx = engine.plain(
      () =>
        halves.backward({ in: tf.ones([1, 4]) }, { left: tf.tensor2d([[1, 2]]) }, {}, context, new Set(['in'])) as Record<
          string,
          tf.Tensor
        >,
    );
    expect([...engine.read(dx.in!)]).toEqual([1, 2, 0, 0]);
    tf.dispose(dx);
  });

  it('may hand an input through', () => {
    const same = defineOp('same', ({ in: x }) => x!);
    const x = engine.from(new Float32Array([1, 2]), [2, 1]);
    const { out } = engine.plain(() => same.forward({ in: x }, {}, context) as Record<string, tf.Tensor>);
    x.dispose();
    expect([...engine.read(out!)]).toEqual([1, 2]);
    out!.dispose();
  });

  it('that mixes samples is refused', () => {
    const mean = defineOp('mean', ({ in: x }) => tf.mean(x!, 0, true));
    expect(() => mean.specs({ in: { rows: 1, dims: [4] } }, {})).toThrow("'out' of mean has 1 rows for 2 samples");
  });

  it('that forgets an output, or has no gradient, is a typed error with its name', () => {
    const halves = defineOp('halves', ({ in: x }) => ({ left: x! }), { outputs: ['left', 'right'] });
    expect(() => halves.specs({ in: { rows: 1, dims: [4] } }, {})).toThrow("halves did not return 'right' [missing-output]");
    const top = defineOp('top', ({ in: x }) => tf.topk(tf.square(x!)).values);
    const backward = () =>
      engine.plain(() => top.backward({ in: tf.ones([1, 4]) }, { out: tf.ones([1, 1]) }, {}, context, new Set(['in'])) as never);
    const before = engine.ledger.liveBytes;
    expect(backward).toThrow(/top cannot be differentiated: .*TopK.* \[no-gradient\]/);
    expect(engine.ledger.liveBytes).toBe(before);
  });

  it('has zeros as the gradient of what it does not depend on', () => {
    const left = defineOp('left', ({ a }) => tf.square(a!), { inputs: ['a', 'b'] });
    const x = { a: engine.from(new Float32Array([3]), [1, 1]), b: engine.from(new Float32Array([4]), [1, 1]) };
    const made = engine.plain(
      () => left.backward(x, { out: tf.ones([1, 1]) }, {}, context, new Set(['a', 'b'])) as Record<string, tf.Tensor>,
    );
    expect([engine.read(made.a!)[0], engine.read(made.b!)[0]]).toEqual([6, 0]);
    tf.dispose([made, x]);
  });
});
