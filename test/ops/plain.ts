import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Values } from '../../kernel-lib/tape/op';
import { type Arrays, array, at } from '../reference/array';
import type { Case } from './case';
import type { Executor } from './executors';

/** The plain definition on the tfjs backend `cpu`. */
export const plain: Executor = {
  forward: (c, x) => run(c, { x }, ({ x }) => c.op.forward(x, c.attrs, c.context)),
  recipe: (c, index, x) => run(c, { x }, ({ x }) => c.op.recipes![index]!.plain(x, c.attrs, c.context)),

  backward(c, x, dy, want, there = {}) {
    const made = run(c, { x, dy }, ({ x, dy }) => c.op.backward(x, dy!, c.attrs, c.context, new Set(want)));
    const sum = (slot: string) => made[slot]!.data.map((v, i) => v + (there[slot] ? at(there[slot], i) : 0));
    return Object.fromEntries(want.map((slot) => [slot, array(made[slot]!.shape, sum(slot))]));
  },
};

interface Given<T> {
  readonly x: T;
  readonly dy?: T;
}

function run(c: Case, { x, dy = {} }: Given<Arrays>, f: (given: Given<Values>) => Values): Arrays {
  void tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  let made: Arrays = {};
  tf.tidy(() => {
    const result = f({ x: tensors(c, x), dy: tensors(c, dy) });
    made = Object.fromEntries(Object.entries(result).map(([slot, t]) => [slot, array(t.shape, t.dataSync())]));
  });
  expect(tf.memory().numTensors - before, 'tensors left').toBe(0);
  return made;
}

function tensors(c: Case, x: Arrays): Values {
  return Object.fromEntries(
    Object.entries(x).map(([slot, { shape, data }]) => [
      slot,
      tf.tensor(Float32Array.from(data), [...shape], c.inputs[slot]?.dtype ?? 'float32'),
    ]),
  );
}
