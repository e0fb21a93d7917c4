import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { start } from '../../kernel-lib/engine/start';
import { ops } from '../../kernel-lib/ops';
import { key, normal } from '../../kernel-lib/random/random';
import '../matchers';
import { relativeError } from '../matchers';
import { type Arrays, array } from '../reference/array';
import { differences } from '../reference/differences';
import { references } from '../reference/ops';
import { type Case, cases, differentiable, drawn, outputsOf, specsOf } from './cases';
import { type Executor, fused, plain } from './executors';

const VALUES = 1e-6;
const GRADIENTS = 1e-5;

/** Files of the folder that hold no op. */
const OTHERS = ['define-op', 'index', 'slots', 'weight-gradient'];

describe('the list of ops', () => {
  it('has every file of the folder', () => {
    const files = readdirSync(join(__dirname, '../../kernel-lib/ops')).map((f) => f.replace(/\.ts$/, '')).filter((f) => !OTHERS.includes(f));
    const kebab = (name: string) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
    expect(ops.map((op) => kebab(op.name)).sort()).toEqual(files.sort());
  });

  it('is tested whole', () => {
    expect([...new Set(cases.map((c) => c.op.name))].sort()).toEqual(ops.map((op) => op.name).sort());
    expect(Object.keys(references).sort()).toEqual(ops.map((op) => op.name).sort());
  });
});

const native = await start({ backend: 'native', poison: true, quiet: true });
const wasm = await start({ backend: 'wasm', poison: true, quiet: true });
const executors: Executor[] = [plain, fused(native), fused(wasm)];

describe.each(executors)('$title', (executor) => {
  describe.each(cases)('$title', (c) => {
    const x = drawn(c);
    const reference = (values: Arrays): Arrays => references[c.op.name]!(values, c.attrs as never, c.context);
    const outputs = executor.forward(c, x);
    const dy = Object.fromEntries(outputsOf(c).map((slot) => [slot, array(outputs[slot]!.shape, normal(key(2, 0, 0, slot), outputs[slot]!.data.length))]));

    it('equals its float64 reference', () => {
      const want = reference(x);
      for (const slot of c.op.outputs) expect(outputs[slot]!.data, slot).toAgreeWith(want[slot]!.data, VALUES);
    });

    it('has the shapes its specs say', () => {
      const specs = c.op.specs(specsOf(c), c.attrs);
      for (const slot of c.op.outputs) expect(outputs[slot]!.shape, slot).toEqual([c.context.samples * specs[slot]!.rows, ...specs[slot]!.dims]);
    });

    describe.each(differentiable(c))('the gradient of %s', (slot) => {
      const gradient = executor.backward(c, readBy(c, [slot], x, outputs), dy, [slot])[slot]!.data;
      const elements = sample(gradient.length);
      const want = differences(reference, x, dy, slot, elements);

      it('is that of the reference', () => {
        expect(elements.map((i) => gradient[i]!)).toAgreeWith(want, GRADIENTS);
      });

      it('would be caught if it were 1 % larger', () => {
        const scaled = elements.map((i) => gradient[i]! * 1.01);
        const flat = want.every((v) => Math.abs(v) < 1e-3); // LayerNorm over one column: nothing to scale
        expect(relativeError(scaled, want) > GRADIENTS || flat).toBe(true);
      });
    });

    it('makes the same gradients alone and together', () => {
      const all = executor.backward(c, readBy(c, differentiable(c), x, outputs), dy, differentiable(c));
      for (const slot of differentiable(c)) {
        expect(all[slot]!.data, slot).toAgreeWith(executor.backward(c, readBy(c, [slot], x, outputs), dy, [slot])[slot]!.data, VALUES);
      }
    });
  });
});

/** What the tape hands to backward for these gradients: what they read, and the parameters. */
function readBy({ op }: Case, want: readonly string[], x: Arrays, outputs: Arrays): Arrays {
  const slots = new Set([...op.params, ...want.flatMap((slot) => op.reads[slot] ?? [])]);
  return Object.fromEntries([...slots].map((slot) => [slot, (outputs[slot] ?? x[slot])!]));
}

/** All elements of small arrays, some of large ones. */
function sample(n: number): number[] {
  const step = Math.max(1, Math.ceil(n / 12));
  return Array.from({ length: Math.ceil(n / step) }, (_, i) => i * step);
}
