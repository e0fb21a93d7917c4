import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { HeapEngine } from '../../kernel-lib/engine/heap-engine';
import { hasNative, js, native, numbers, wasm } from './forms';

/**
 * Views, writes, reads, C commands and stock JavaScript kernels in an order drawn from `seed`, with tensors disposed of while commands
 * on them wait and their blocks handed out again. Returns what is alive at the end.
 */
function scramble(engine: HeapEngine, seed: number): Float32Array[] {
  const draws = numbers(4000, seed).map(Math.abs);
  let at = 0;
  const draw = (n: number) => Math.floor((draws[at++] ?? 0) * n);
  const live = [engine.from(numbers(60, seed), [6, 10])];
  for (let i = 0; i < 500; i++) {
    const pick = () => live[draw(live.length)] as tf.Tensor;
    const t = pick();
    const other = pick();
    const choices = [
      () => live.push(engine.from(numbers(60, i), [6, 10])),
      () => live.push(engine.plain(() => tf.tanh(tf.add(t, other)))),
      () => live.push(engine.plain(() => tf.softmax(tf.matMul(tf.matMul(t, other, false, true), t)))),
      () => live.push(engine.plain(() => tf.sub(t, tf.mean(other, 0)))),
      () => live.push(engine.plain(() => tf.cumsum(tf.mul(t, 0.1)))), // a stock kernel
      () => live.push(engine.plain(() => tf.reshape(tf.transpose(tf.concat([tf.slice(t, 0, 3), tf.slice(other, 3, 3)])), [6, 10]))),
      () => live.push(engine.plain(() => tf.where(tf.greater(t, other), t, other))), // stock kernels
      () => engine.write(engine.rows(t, draw(6), 1), numbers(10, i)),
      () => live.push(engine.share(t)),
      () => engine.read(t),
      () => live.length > 1 && live.splice(live.indexOf(t), 1)[0]?.dispose(),
      () => live.length > 1 && live.splice(live.indexOf(t), 1)[0]?.dispose(),
    ];
    choices[draw(choices.length)]?.();
  }
  const values = live.map((t) => engine.read(t) as Float32Array);
  engine.remove();
  return values;
}

const forms: [string, () => HeapEngine][] = [
  ['wasm', () => wasm(2, { poison: true })],
  ...(hasNative
    ? [
        ['native', () => native(2)] as [string, () => HeapEngine],
        ['poisoned native', () => native(2, undefined, { poison: true })] as [string, () => HeapEngine],
      ]
    : []),
];

describe.each(forms)('commands that wait on %s', (_, make) => {
  it.each([1, 2, 3, 4, 5])('never see memory of another time (order %i)', (seed) => {
    const [got, want] = [scramble(make(), seed), scramble(js({ poison: true }), seed)];
    expect(got.length).toBe(want.length);
    got.forEach((values, k) => {
      const worst = values.reduce((most, v, i) => Math.max(most, Math.abs(v - (want[k]?.[i] as number))), 0);
      expect(worst).toBeLessThan(1e-3);
    });
  });
});
