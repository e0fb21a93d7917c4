import type { Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import type { Context, Values } from '../../kernel-lib/tape/op';
import { type Array64, type Arrays, array } from '../reference/array';
import { type Case, specsOf } from './case';
import type { Executor } from './executors';

/** The fused definition on one of our engines, through the smallest context that does. */
export function fused(engine: Engine): Executor {
  return {
    forward: (c, x, wants = c.op.outputs) =>
      run(engine, c, { x, wants }, (context, values, made) => {
        c.op.fused!.forward(context, values, c.attrs);
        return made;
      }),

    recipe: (c, index, x) => run(engine, c, { x }, (context, values) => c.op.recipes![index]!.fused!(context, values, c.attrs)),

    backward: (c, x, dy, wants, there = {}) =>
      run(engine, c, { x, wants, there }, (context, values, made, tensor) => {
        const dys = Object.fromEntries(Object.entries(dy).map(([slot, a]) => [slot, tensor(a)]));
        c.op.fused!.backward(context, values, dys, c.attrs);
        return made;
      }),
  };
}

interface Given {
  readonly x: Arrays;
  /** Outputs or gradients that are asked for. */
  readonly wants?: readonly string[];
  /** Gradients that are added to. */
  readonly there?: Arrays;
}

type Body = (context: Context, values: Values, made: Values, tensor: (a: Array64) => Tensor) => Values;

/** Runs `body` in a context whose destinations are collected, reads the result, and checks that nothing is left allocated. */
function run(engine: Engine, c: Case, { x, wants = [], there = {} }: Given, body: Body): Arrays {
  const before = engine.ledger.liveBytes;
  const live: Tensor[] = [];
  const made: Record<string, Tensor> = {};
  const { queue, flush } = bound(engine);
  const own = (t: Tensor): Tensor => {
    live.push(t);
    return t;
  };
  const tensor = (a: Array64, dtype: 'float32' | 'int32' = 'float32'): Tensor =>
    own(engine.from(dtype === 'int32' ? Int32Array.from(a.data) : Float32Array.from(a.data), a.shape, dtype));
  const empty = (shape: readonly number[]): Tensor => own(engine.empty(shape));

  const context: Context = {
    ...c.context,
    engine,
    queue,
    panels(w, transposed) {
      const [rows, columns] = w.shape as [number, number];
      const [k, n] = transposed ? [columns, rows] : [rows, columns];
      const out = empty([Math.ceil(n / 32) * 32 * k]);
      queue('panels', [w, columns, transposed ? 1 : 0, k, n, out]);
      return out;
    },
    once(_, shape, make) {
      const out = empty(shape);
      make(out);
      return out;
    },
    rows: (t, start, count) => own(engine.rows(t, start, count)),
    reshape: (t, shape) => own(engine.reshape(t, shape)),
    scratch: (shape, dtype) => own(engine.empty(shape, dtype)),
    wants: (slot) => wants.includes(slot),
    next: (slot) => (made[slot] = empty(shapeOf(c, slot))),
    out: (slot) => (made[slot] = empty(shapeOf(c, slot))),
    into(slot) {
      if (!wants.includes(slot)) return null;
      const given = there[slot];
      const t = given ? tensor(given) : empty(shapeOf(c, slot));
      made[slot] = t;
      return { tensor: t, add: given ? 1 : 0 };
    },
    pass(slot, dy) {
      const to = context.into(slot);
      if (to) queue('scale', [dy, to.tensor, dy.size, 1, to.add]);
    },
  };
  try {
    const values = Object.fromEntries(Object.entries(x).map(([slot, a]) => [slot, tensor(a, c.inputs[slot]?.dtype)]));
    const result = body(context, values, made, tensor);
    return Object.fromEntries(Object.entries(result).map(([slot, t]) => [slot, array(t.shape, engine.read(t))]));
  } finally {
    for (const t of live) t.dispose();
    flush();
    expect(engine.ledger.liveBytes - before, 'bytes left').toBe(0);
  }
}

function bound({ kernels }: Engine): { queue: Context['queue']; flush: () => void } {
  return { queue: (...command) => kernels!.queue(...command), flush: () => kernels!.flush() };
}

/** The shape of an input, output or parameter of the case. */
function shapeOf(c: Case, slot: string): readonly number[] {
  const spec = { ...c.inputs, ...c.op.specs(specsOf(c), c.attrs) }[slot];
  return c.params[slot] ?? [c.context.samples * spec!.rows, ...spec!.dims];
}
