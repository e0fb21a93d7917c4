import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import type { Context, Values } from '../../kernel-lib/tape/op';
import { type Arrays, array } from '../reference/array';
import { type Case, specsOf } from './cases';

/** A way to run an op on numbers. */
export interface Executor {
  forward(c: Case, x: Arrays, wants?: readonly string[]): Arrays;
  /** `into`: gradients that are there already and are added to. */
  backward(c: Case, x: Arrays, dy: Arrays, want: readonly string[], into?: Arrays): Arrays;
  recipe(c: Case, index: number, x: Arrays): Arrays;
}

/** Every way to run an op. */
export const forms = ['plain', 'native', 'wasm'] as const;

export async function executorOf(form: (typeof forms)[number]): Promise<Executor> {
  return form === 'plain' ? plain : fused(await start({ backend: form, poison: true, quiet: true }));
}

/** The plain definition on the tfjs backend `cpu`. */
const plain: Executor = {
  forward: (c, x) => onCpu(x, c, (values) => c.op.forward(values, c.attrs, c.context)),
  recipe: (c, index, x) => onCpu(x, c, (values) => c.op.recipes![index]!.plain(values, c.attrs, c.context)),
  backward(c, x, dy, want, into = {}) {
    const made = onCpu({ ...x, ...prefixed(dy) }, c, (values) => {
      const dys = Object.fromEntries(Object.keys(dy).map((slot) => [slot, values[`d:${slot}`]!]));
      return c.op.backward(Object.fromEntries(Object.keys(x).map((slot) => [slot, values[slot]!])), dys, c.attrs, c.context, new Set(want));
    });
    return Object.fromEntries(
      want.map((slot) => [
        slot,
        array(
          made[slot]!.shape,
          made[slot]!.data.map((v, i) => v + (into[slot]?.data[i] ?? 0)),
        ),
      ]),
    );
  },
};

/** The fused definition on one of our engines, through the smallest context that does. */
function fused(engine: Engine): Executor {
  const kernels = engine.kernels!;
  const run = (
    c: Case,
    x: Arrays,
    f: (context: Context, values: Values, own: (t: tf.Tensor) => tf.Tensor) => Record<string, tf.Tensor>,
    options: Partial<Context> = {},
  ): Arrays => {
    const before = engine.ledger.liveBytes;
    const live: tf.Tensor[] = [];
    const own = <T extends tf.Tensor>(t: T): T => {
      live.push(t);
      return t;
    };
    const context: Context = {
      ...c.context,
      engine,
      queue: (command, args, scratchBytes) => kernels.queue(command, args, scratchBytes),
      panels(w, transposed) {
        const [rows, columns] = w.shape as [number, number];
        const [k, n] = transposed ? [columns, rows] : [rows, columns];
        const out = own(engine.empty([Math.ceil(n / 32) * 32 * k]));
        kernels.queue('panels', [w, columns, transposed ? 1 : 0, k, n, out]);
        return out;
      },
      scratch: (shape, dtype) => own(engine.empty(shape, dtype)),
      out: () => {
        throw new Error('not in backward');
      },
      wants: () => {
        throw new Error('not in backward');
      },
      into: () => {
        throw new Error('not in forward');
      },
      pass: () => {
        throw new Error('not in forward');
      },
      ...options,
    };
    try {
      const values = Object.fromEntries(
        Object.entries(x).map(([slot, a]) => {
          const type = c.inputs[slot]?.dtype ?? 'float32';
          return [slot, own(engine.from(type === 'int32' ? Int32Array.from(a.data) : Float32Array.from(a.data), a.shape, type))];
        }),
      );
      return numbers(f(context, values, own), (t) => engine.read(t));
    } finally {
      for (const t of live) t.dispose();
      kernels.flush();
      expect(engine.ledger.liveBytes - before, 'bytes left').toBe(0);
    }
  };
  const shapes = (c: Case): Record<string, number[]> =>
    Object.fromEntries(
      Object.entries({ ...c.inputs, ...c.op.specs(specsOf(c), c.attrs) }).map(([slot, s]) => [
        slot,
        [c.context.samples * s.rows, ...s.dims],
      ]),
    );

  return {
    forward(c, x, wants = c.op.outputs) {
      const made: Record<string, tf.Tensor> = {};
      return run(c, x, (context, values, own) => {
        const out = (slot: string) => (made[slot] = own(engine.empty(shapes(c)[slot]!)));
        c.op.fused!.forward({ ...context, out, wants: (slot) => wants.includes(slot) }, values, c.attrs);
        return made;
      });
    },

    recipe(c, index, x) {
      return run(c, x, (context, values, own) => ({
        ...c.op.recipes![index]!.fused!({ ...context, out: (slot) => own(engine.empty(shapes(c)[slot]!)) }, values, c.attrs),
      }));
    },

    backward(c, x, dy, want, given = {}) {
      const made: Record<string, tf.Tensor> = {};
      const shapeOf = (slot: string): readonly number[] => c.params[slot] ?? shapes(c)[slot]!;
      return run(c, { ...x, ...prefixed(dy) }, (context, values, own) => {
        const into = (slot: string): { tensor: tf.Tensor; add: 0 | 1 } | null => {
          if (!want.includes(slot)) return null;
          const there = given[slot];
          const tensor = own(there ? engine.from(Float32Array.from(there.data), shapeOf(slot)) : engine.empty(shapeOf(slot)));
          made[slot] = tensor;
          return { tensor, add: there ? 1 : 0 };
        };
        const pass = (slot: string, t: tf.Tensor): void => {
          const to = into(slot);
          if (!to) return;
          if (to.add) kernels.queue('add', [to.tensor, t, to.tensor, t.size]);
          else kernels.queue('copy', [t, to.tensor, t.size * 4]);
        };
        const dys = Object.fromEntries(Object.keys(dy).map((slot) => [slot, values[`d:${slot}`]!]));
        c.op.fused!.backward(
          { ...context, into, pass },
          Object.fromEntries(Object.keys(x).map((slot) => [slot, values[slot]!])),
          dys,
          c.attrs,
        );
        return made;
      });
    },
  };
}

function onCpu(x: Arrays, c: Case, f: (values: Values) => Values): Arrays {
  void tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  let made: Arrays = {};
  tf.tidy(() => {
    const values = Object.fromEntries(
      Object.entries(x).map(([slot, a]) => [slot, tf.tensor(Float32Array.from(a.data), [...a.shape], c.inputs[slot]?.dtype ?? 'float32')]),
    );
    made = numbers(f(values), (t) => t.dataSync());
  });
  expect(tf.memory().numTensors - before, 'tensors left').toBe(0);
  return made;
}

function numbers(values: Values, read: (t: tf.Tensor) => ArrayLike<number>): Arrays {
  return Object.fromEntries(Object.entries(values).map(([slot, t]) => [slot, array(t.shape, read(t))]));
}

function prefixed(dy: Arrays): Arrays {
  return Object.fromEntries(Object.entries(dy).map(([slot, a]) => [`d:${slot}`, a]));
}
