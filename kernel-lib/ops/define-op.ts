import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from '../engine/gradients';
import { MesaError } from '../errors';
import type { Op, Specs, Values } from '../tape/op';
import { elements, slots } from './slots';

/** A function of plain tfjs calls: one tensor, or several by slot. First axes are samples times rows. */
export type Definition<A> = (
  inputs: Record<string, tf.Tensor>,
  params: Record<string, tf.Tensor>,
  attrs: A,
) => tf.Tensor | Record<string, tf.Tensor>;

export interface OpOptions<A> {
  readonly inputs?: readonly string[];
  readonly params?: readonly string[];
  readonly outputs?: readonly string[];
  /** Shapes of the outputs; found by running the op on zeros if absent. */
  readonly specs?: (specs: Specs, attrs: A) => Specs;
  /** Floating point operations of one sample: what deriving the outputs again is weighed by. */
  readonly flops?: (specs: Specs, attrs: A) => number;
}

/**
 * An op of your own from plain tfjs calls. Backward runs it again under tfjs gradients, so it reads all its inputs and no output.
 *
 * @example
 * const scale = defineOp('scale', ({ in: x }, { gamma }) => tf.mul(x, gamma), { params: ['gamma'] });
 */
export function defineOp<A = Record<string, never>>(name: string, f: Definition<A>, options: OpOptions<A> = {}): Op<A> {
  const { inputs = ['in'], params = [], outputs = ['out'] } = options;
  const run = (x: Values, attrs: A): Values => {
    const made = f(slots(x, ...inputs), slots(x, ...params), attrs);
    const given: Values = made instanceof tf.Tensor ? { [outputs[0] as string]: made } : made;
    for (const slot of outputs) if (!given[slot]) throw new MesaError('missing-output', { says: `${name} did not return '${slot}'` });
    return slots(given, ...outputs);
  };
  return {
    name,
    inputs,
    params,
    outputs,
    reads: Object.fromEntries([...inputs, ...params].map((slot) => [slot, inputs])),
    flops: options.flops ?? ((specs) => outputs.reduce((sum, slot) => sum + elements(specs[slot]), 0)),
    specs: options.specs ?? ((specs, attrs) => specsOf(name, specs, params, (x) => run(x, attrs))),
    // Clones: what the tape is given is its own to release, also where `f` hands an input through.
    forward: (x, attrs) => Object.fromEntries(Object.entries(run(x, attrs)).map(([slot, t]) => [slot, tf.clone(t)])),

    backward(x, dys, attrs, _, want) {
      registerGradients();
      const wanted = [...inputs, ...params].filter((slot) => want.has(slot));
      const along = (...at: tf.Tensor[]): tf.Tensor => {
        // sum of outputs times their gradients
        const y = run({ ...x, ...Object.fromEntries(wanted.map((slot, i) => [slot, at[i] as tf.Tensor])) }, attrs);
        return tf.addN(outputs.filter((slot) => dys[slot]).map((slot) => tf.sum(tf.mul(y[slot] as tf.Tensor, dys[slot] as tf.Tensor))));
      };
      const gradients = differentiated(name, along, Object.values(slots(x, ...wanted)));
      return Object.fromEntries(wanted.map((slot, i) => [slot, gradients[i] as tf.Tensor]));
    },
  };
}

/** Gradients of a scalar by `xs`; zeros by those it does not depend on. */
function differentiated(name: string, f: (...xs: tf.Tensor[]) => tf.Tensor, xs: tf.Tensor[]): tf.Tensor[] {
  const engine = tf.engine();
  try {
    const { grads } = engine.gradients(() => f(...xs), xs, undefined, true);
    return grads.map((gradient, i) => gradient ?? tf.zerosLike(xs[i] as tf.Tensor));
  } catch (e) {
    for (const { saved } of engine.state.activeTape ?? []) tf.dispose(saved); // tfjs leaves them when it throws
    throw new MesaError('no-gradient', { says: `${name} cannot be differentiated: ${(e as Error).message}`, try: 'other tfjs calls' });
  }
}

const SAMPLES = 2;

/** Specs by example: what comes out for two samples of zeros. */
function specsOf(name: string, specs: Specs, params: readonly string[], run: (x: Values) => Values): Specs {
  const shapes = tf.tidy(() => {
    const zeros = Object.entries(specs).map(
      ([slot, { rows, dims, dtype }]) => [slot, tf.zeros(params.includes(slot) ? [...dims] : [SAMPLES * rows, ...dims], dtype)] as const,
    );
    return Object.entries(run(Object.fromEntries(zeros))).map(([slot, t]) => ({ slot, shape: t.shape, dtype: t.dtype }));
  });
  return Object.fromEntries(
    shapes.map(({ slot, shape: [first = 0, ...dims], dtype }) => {
      if (first % SAMPLES || first === 0) {
        throw new MesaError('shape-mismatch', {
          says: `'${slot}' of ${name} has ${first} rows for ${SAMPLES} samples`,
          try: 'keeping the samples on the first axis, or giving specs',
        });
      }
      return [slot, { rows: first / SAMPLES, dims, ...(dtype === 'int32' && { dtype }) }];
    }),
  );
}
