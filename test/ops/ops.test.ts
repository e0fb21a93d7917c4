import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as ops from '../../kernel-lib/ops';
import { key, normal } from '../../kernel-lib/random/random';
import '../matchers';
import { relativeError } from '../matchers';
import { type Array64, type Arrays, array } from '../reference/array';
import { differences } from '../reference/differences';
import { references } from '../reference/ops';
import { buffersOf, type Case, differentiable, drawn, oneSample, outputsOf, specsOf } from './case';
import { cases } from './cases';
import { executorOf, forms } from './executors';

const VALUES = 1e-6;
const GRADIENTS = 1e-5;

/** Files of the folder that hold no op. */
const OTHERS = [
  'affine',
  'attend',
  'batch-statistics',
  'define-op',
  'index',
  'interpolation',
  'queue-attention',
  'relative-positions',
  'slots',
  'weight-gradient',
  'windows',
];

/** Ops in the file of another. */
const BESIDE = ['kv'];

describe('the list of ops', () => {
  const names = Object.values(ops).map(({ name }) => name);

  it('has every file of the folder', () => {
    const files = readdirSync(join(__dirname, '../../kernel-lib/ops'))
      .map((f) => f.replace(/\.ts$/, ''))
      .filter((f) => !OTHERS.includes(f));
    const kebab = (name: string) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    const ownFile = names.filter((name) => !BESIDE.includes(name));
    expect(ownFile.map(kebab).sort()).toEqual(files.sort());
  });

  it('is tested whole', () => {
    expect([...new Set(cases.map((c) => c.op.name))].sort()).toEqual(names.sort());
    expect(Object.keys(references).sort()).toEqual(names.sort());
  });
});

describe.each(cases)('$title', (c) => {
  const x = drawn(c);
  const reference = (values: Arrays): Arrays => references[c.op.name]!(values, c.attrs as never, c.context);
  const want = reference(x);
  const dy = Object.fromEntries(outputsOf(c).map((slot) => [slot, random(slot, want[slot]!.shape)]));
  const slopes = Object.fromEntries(
    differentiable(c).map((slot) => {
      const elements = sample(x[slot]!.data.length);
      return [slot, { elements, want: differences(reference, x, dy, slot, elements) }];
    }),
  );

  describe.each(forms)('%s', async (form) => {
    const executor = await executorOf(form);
    const outputs = executor.forward(c, x);
    const gradient = (slots: readonly string[], into?: Arrays): Arrays =>
      executor.backward(c, readBy(c, slots, x, outputs), dy, slots, into);

    it('equals its float64 reference', () => {
      for (const slot of c.op.outputs) expect(outputs[slot]!.data, slot).toAgreeWith(want[slot]!.data, VALUES);
    });

    it('has the shapes its specs say', () => {
      const specs = c.op.specs(specsOf(c), c.attrs);
      for (const slot of c.op.outputs)
        expect(outputs[slot]!.shape, slot).toEqual([c.context.samples * specs[slot]!.rows, ...specs[slot]!.dims]);
    });

    it('gives outputs the same bits whether inner values are wanted or not', () => {
      const without = executor.forward(c, x, outputsOf(c));
      for (const slot of outputsOf(c)) expect(without[slot], slot).toEqual(outputs[slot]);
    });

    if (buffersOf(c).length > 0) {
      it('gives the next values of its buffers, in training only', () => {
        const moved = buffersOf(c).filter((slot) => outputs[slot]);
        expect(moved).toEqual(c.context.training ? buffersOf(c) : []);
        for (const slot of moved) expect(outputs[slot]!.data, slot).toAgreeWith(want[slot]!.data, VALUES);
      });
    }

    it.skipIf(c.op.whole)('gives a sample the same bits alone', () => {
      const last = c.context.samples - 1;
      const alone = executor.forward(...oneSample(c, x, last));
      for (const slot of c.op.outputs) {
        const length = outputs[slot]!.data.length / c.context.samples;
        expect(alone[slot]!.data, slot).toEqual(outputs[slot]!.data.slice(last * length));
      }
    });

    it.each(differentiable(c))('has the gradient of its reference by %s', (slot) => {
      const { elements, want: slope } = slopes[slot]!;
      const got = gradient([slot])[slot]!.data;
      expect(elements.map((i) => got[i]!)).toAgreeWith(slope, GRADIENTS);
    });

    it.each(differentiable(c))('would be caught with a gradient by %s that is 1 %% larger', (slot) => {
      const { elements, want: slope } = slopes[slot]!;
      const got = gradient([slot])[slot]!.data;
      const flat = slope.every((v) => Math.abs(v) < 1e-3); // LayerNorm over one column: nothing to scale
      expect(
        flat ||
          relativeError(
            elements.map((i) => got[i]! * 1.01),
            slope,
          ) > GRADIENTS,
      ).toBe(true);
    });

    it('makes the same gradients alone and together', () => {
      const all = gradient(differentiable(c));
      for (const slot of differentiable(c)) expect(all[slot]!.data, slot).toAgreeWith(gradient([slot])[slot]!.data, VALUES);
    });

    it('adds to gradients that are there', () => {
      const there = Object.fromEntries(differentiable(c).map((slot) => [slot, random(`there ${slot}`, x[slot]!.shape)]));
      const sum = gradient(differentiable(c), there);
      const alone = gradient(differentiable(c));
      for (const slot of differentiable(c)) {
        expect(sum[slot]!.data, slot).toAgreeWith(
          alone[slot]!.data.map((v, i) => v + there[slot]!.data[i]!),
          VALUES,
        );
      }
    });
  });
});

function random(name: string, shape: readonly number[]): Array64 {
  return array(
    shape,
    normal(
      key(2, 0, 0, name),
      shape.reduce((a, b) => a * b, 1),
    ),
  );
}

/** What the tape hands to backward for these gradients: what they read, and the parameters. */
function readBy({ op, params }: Case, want: readonly string[], x: Arrays, outputs: Arrays): Arrays {
  const slots = new Set([...Object.keys(params), ...want.flatMap((slot) => op.reads[slot] ?? [])]);
  return Object.fromEntries([...slots].map((slot) => [slot, (x[slot] ?? outputs[slot])!]));
}

/** All elements of small arrays, some of large ones. */
function sample(n: number): number[] {
  const step = Math.max(1, Math.ceil(n / 12));
  return Array.from({ length: Math.ceil(n / step) }, (_, i) => i * step);
}
