import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { dryEngine } from '../../kernel-lib/engine/dry';
import type { Engine } from '../../kernel-lib/engine/engine';
import type { HeapEngine } from '../../kernel-lib/engine/heap-engine';
import { stockEngine } from '../../kernel-lib/engine/stock-engine';
import { hasNative, native, numbers, wasm } from './forms';

// tfjs's own suite has tiny shapes; these cross the borders of tasks and vectors.
const shapes = { long: [20_003], wide: [3, 8_301], tall: [1_501, 7], cube: [5, 50, 45] } as const;
type Shape = keyof typeof shapes;
type Case = [string, Shape, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor];

const each = (name: string, f: Case[2]): Case[] => (Object.keys(shapes) as Shape[]).map((shape) => [name, shape, f]);
const cases: Case[] = [
  ...each('add', tf.add),
  ...each('sub', tf.sub),
  ...each('mul', tf.mul),
  ...each('div', tf.div),
  ...each('maximum', tf.maximum),
  ...each('minimum', tf.minimum),
  ...each('squaredDifference', tf.squaredDifference),
  ...each('number first', (x) => tf.sub(2, x)),
  ...each('number last', (x) => tf.div(x, 3)),
  ...each('row repeated', (x) =>
    tf.mul(
      x,
      tf.slice(
        x,
        x.shape.map(() => 0),
        x.shape.map((d, i) => (i < x.rank - 1 ? 1 : d)),
      ),
    ),
  ),
  ...each('column repeated', (x) => tf.sub(x, tf.max(x, -1, true))),
  ...each('both repeated', (x) => tf.add(tf.max(x, 0, true), tf.max(x, -1, true))),
  ...each('neg', tf.neg),
  ...each('abs', tf.abs),
  ...each('square', tf.square),
  ...each('exp', (x) => tf.exp(tf.mul(x, 20))),
  ...each('sqrt', (x) => tf.sqrt(tf.abs(x))),
  ...each('rsqrt', (x) => tf.rsqrt(tf.add(tf.abs(x), 0.1))),
  ...each('reciprocal', tf.reciprocal),
  ...each('tanh', (x) => tf.tanh(tf.mul(x, 3))),
  ...each('sigmoid', (x) => tf.sigmoid(tf.mul(x, 9))),
  ...each('relu', tf.relu),
  ...each('erf', tf.erf),
  ...each('sum of all', (x) => tf.sum(x)),
  ...each('sum of rows', (x) => tf.sum(x, -1)),
  ...each('sum of columns', (x) => tf.sum(x, 0)),
  ...each('mean', (x) => tf.mean(x, -1, true)),
  ...each('max', (x) => tf.max(x, 0)),
  ...each('min', (x) => tf.min(x, -1)),
  ...each('softmax', (x) => tf.softmax(tf.mul(x, 30))),
  ...each('to int32', (x) => tf.cast(tf.mul(x, 1e4), 'int32')),
  ...each('to bool', (x) => tf.cast(tf.relu(x), 'bool')),
  ...each('int32 to float32', (x) => tf.cast(tf.cast(tf.mul(x, 99), 'int32'), 'float32')),
  ...each('reverse axes', (x) => tf.transpose(x)),
  ...each('slice', (x) =>
    tf.slice(
      x,
      x.shape.map(() => 1),
      x.shape.map((d) => d - 2),
    ),
  ),
  ...each('tile', (x) =>
    tf.tile(
      x,
      x.shape.map((_, i) => i + 2),
    ),
  ),
  ...each('concat', (x, y) => tf.concat([x, y, x], -1)),
  ...each('pad', (x) =>
    tf.pad(
      x,
      x.shape.map((_, i) => [i, 2]),
      7,
    ),
  ),
  ['transpose', 'cube', (x) => tf.transpose(x, [0, 2, 1])],
  ['transpose bytes', 'cube', (x) => tf.transpose(tf.cast(tf.relu(x), 'bool'), [1, 2, 0])],
  ['sum of the middle', 'cube', (x) => tf.sum(x, 1)],
  ['max of the middle', 'cube', (x) => tf.max(x, [1])],
  ['matMul', 'cube', (x, y) => tf.matMul(x, y, false, true)],
  ['matMul', 'cube', (x, y) => tf.matMul(x, y, true, false)],
  ['matMul', 'wide', (x, y) => tf.matMul(x, y, false, true)],
  ['matMul', 'tall', (x, y) => tf.matMul(x, y, true, false)],
  ['matMul of one and many', 'cube', (x, y) => tf.matMul(tf.slice(x, [0, 0, 0], [1, 50, 45]), y, true)],
];

function run(engine: Engine, [, shape, f]: Case): tf.TypedArray {
  const result = compute(engine, shape, f);
  const values = engine.read(result);
  result.dispose();
  return values;
}

function compute(engine: Engine, shape: Shape, f: Case[2]): tf.Tensor {
  const dims = [...shapes[shape]];
  const size = dims.reduce((a, b) => a * b, 1);
  const [x, y] = [engine.from(numbers(size, 3), dims), engine.from(numbers(size, 4), dims)];
  const result = engine.plain(() => f(x, y));
  tf.dispose([x, y]);
  return result;
}

const cpu = stockEngine('cpu');
const onCpu = new Map<string, tf.Tensor>();

/** What tfjs itself gives, computed once for all forms. */
function wanted([name, shape, f]: Case): tf.Tensor {
  const key = `${name} ${shape} ${f}`;
  if (!onCpu.has(key)) onCpu.set(key, compute(cpu, shape, f));
  return onCpu.get(key)!;
}

const forms: [string, () => HeapEngine][] = [
  ['wasm', () => wasm(2)],
  ...(hasNative ? [['native', () => native(2)] as [string, () => HeapEngine]] : []),
];

describe.each(forms)('stock ops on %s', (_, make) => {
  const engine = make();
  afterAll(() => engine.remove());

  it.each(cases)('%s of a %s tensor gives what tfjs gives', (...c) => {
    const [got, want] = [run(engine, c as Case), cpu.read(wanted(c as Case))];
    expect(got.length).toBe(want.length);
    const worst = Array.from(got).reduce((most, v, i) => Math.max(most, Math.abs(v - want[i]!) / Math.max(1, Math.abs(want[i]!))), 0);
    expect(worst).toBeLessThan(5e-5);
  });

  it('leaves nothing allocated', () => expect(engine.ledger.liveBytes).toBe(0));
});

describe('stock ops on dry', () => {
  const dry = dryEngine({ threads: 2 });

  it.each(cases)('%s of a %s tensor is planned as C commands', (name, shape, f) => {
    const planned = compute(dry, shape, f);
    expect(planned.shape).toEqual(wanted([name, shape, f]).shape);
    expect(planned.dtype).toBe(wanted([name, shape, f]).dtype);
    planned.dispose();
  });

  it('leaves nothing allocated', () => expect(dry.ledger.liveBytes).toBe(0));
});

describe.runIf(hasNative)('NaN and infinities', () => {
  const special = Float32Array.from([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e38, -1e38, 1e-40, 5e9, -5e9]);

  it.each([
    ['maximum', (x: tf.Tensor) => tf.maximum(x, 1)],
    ['minimum of NaN last', (x: tf.Tensor) => tf.minimum(1, x)],
    ['relu', tf.relu],
    ['exp', tf.exp],
    ['tanh', tf.tanh],
    ['sigmoid', tf.sigmoid],
    ['max', (x: tf.Tensor) => tf.max(x)],
    ['sum', (x: tf.Tensor) => tf.sum(x)],
    ['to int32', (x: tf.Tensor) => tf.cast(x, 'int32')],
    ['to bool', (x: tf.Tensor) => tf.cast(x, 'bool')],
  ])('are treated by %s as JavaScript does', (_, f) => {
    const engine = native(1);
    const [got, want] = [engine, cpu].map((e) => e.read(e.plain(() => f(e.from(special, [special.length])) as tf.Tensor)));
    expect(got!.length).toBe(want!.length);
    for (const [i, v] of got!.entries()) {
      if (Number.isFinite(want![i])) expect(v).toBeCloseTo(want![i]!, 4);
      else expect(v).toEqual(want![i]);
    }
    engine.remove();
  });
});
