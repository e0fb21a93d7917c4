import { describe, expect, it } from 'vitest';
import { linear } from '../../kernel-lib/ops';
import '../matchers';
import { type Arrays, fill } from '../reference/array';
import { differentiable, drawn, outputsOf } from './case';
import { cases } from './cases';
import { executorOf, forms } from './executors';

describe.each(forms)('%s', async (form) => {
  const executor = await executorOf(form);

  for (const c of cases) {
    const recipes = c.op.recipes ?? [];
    recipes.forEach((recipe, index) => {
      if (recipe.inKernel) return;
      const inverse = recipe.to.some((slot) => c.op.inputs.includes(slot));
      it(`${c.title}: ${recipe.from.join(', ')} give ${recipe.to.join(', ')}${inverse ? '' : ' with the same bits'}`, () => {
        const all: Arrays = { ...executor.forward(c, drawn(c)), ...drawn(c) };
        const given = Object.fromEntries([...recipe.from, ...c.op.params].map((slot) => [slot, all[slot]!]));
        const made = executor.recipe(c, index, given);
        expect(Object.keys(made)).toEqual(recipe.to);
        for (const slot of recipe.to) {
          if (inverse) expect(made[slot]!.data).toAgreeWith(all[slot]!.data, 1e-6);
          else expect(made[slot]).toEqual(all[slot]);
        }
      });
    });
  }

  it.each(cases.filter((c) => c.op.recipes?.some((r) => r.inKernel)))(
    '$title: backward makes inner values that it is not given, with the same bits',
    (c) => {
      const x = drawn(c);
      const outputs = executor.forward(c, x);
      const dy = Object.fromEntries(outputsOf(c).map((slot) => [slot, fill(outputs[slot]!.shape, Math.sin)]));
      const inner = c.op.recipes!.filter((r) => r.inKernel).flatMap((r) => r.to);
      const given = Object.fromEntries(inner.map((slot) => [slot, outputs[slot]!]));
      const want = differentiable(c);
      expect(executor.backward(c, x, dy, want)).toEqual(executor.backward(c, { ...x, ...given }, dy, want));
    },
  );
});

describe('flops', () => {
  it.each(cases)('$title: are counted, of recipes too, without the parameters', (c) => {
    const outputs = c.op.specs(
      { ...c.inputs, ...Object.fromEntries(Object.entries(c.params).map(([slot, dims]) => [slot, { rows: 1, dims }])) },
      c.attrs,
    );
    const specs = { ...c.inputs, ...outputs };
    expect(c.op.flops(specs, c.attrs)).toBeGreaterThanOrEqual(c.op.name === 'takeRows' ? 0 : 1);
    for (const recipe of c.op.recipes ?? []) expect(recipe.flops(specs, c.attrs)).toBeLessThanOrEqual(c.op.flops(specs, c.attrs));
  });

  it('count the two sides of a product', () => {
    expect(linear.flops({ in: { rows: 197, dims: [192] }, out: { rows: 197, dims: [768] } }, {})).toBe(2 * 197 * 192 * 768);
  });
});
