import { models, policies, recipes, start, watch } from 'mesa-lab';
import { describe, expect, it } from 'vitest';
import { resolve } from '../../kernel-lib/tape/plan';
import { finetuned, ranged } from '../../notebooks/experiments/imagenet';
import { packedOf, reductionMs, sizeOf } from '../../notebooks/experiments/reduction';

describe('the experiments on ImageNet', () => {
  it.each([
    ['gradients along a fine-tune', finetuned],
    ['ranges', ranged],
  ])('have a recipe, arms with names of their own, and a policy for each: %s', async (_, arms) => {
    expect(new Set(arms.map(({ arm }) => arm)).size).toBe(arms.length);
    for (const { recipe, size, set = {}, policy } of arms) {
      const read = await recipes.read(recipe, { ...(size && { size }), set });
      expect(read).toMatchObject({ batch: 16, length: { steps: 36 }, optimizer: { lr: 1e-4 } });
      expect(policy).toBeDefined();
    }
  });

  it('have a control of 4 bits where mesa has 8', async () => {
    const { graph } = models.vit({
      imageSize: 32,
      patchSize: 8,
      width: 32,
      heads: 2,
      depth: 1,
      classes: 10,
      engine: await start({ quiet: true }),
    });
    const bytesUnder = (name: string): number => {
      const policy = finetuned.find(({ arm }) => arm === name)?.policy;
      const rows = watch.summary({ graph }, policy!, 1).rows.filter((r) => r.block === 'blocks.0');
      return rows.reduce((sum, r) => sum + r.savedBytes, 0);
    };
    expect(bytesUnder('control') / bytesUnder('mesa')).toBeLessThan(0.65);
  });
});

describe('the time for finding ranges', () => {
  it('is that of batch-wide groups only', async () => {
    const engine = await start({ quiet: true });
    const { graph } = models.vit({ imageSize: 32, patchSize: 8, width: 32, heads: 2, depth: 1, classes: 10, engine });
    const packed = packedOf(resolve(graph, policies.mesa(), () => true));
    const q = packed.find(({ value }) => value.roles.has('attention.q'));
    expect(sizeOf(q!)).toBe(17 * 32);
    expect(reductionMs(engine, packed, 2)).toBeGreaterThan(0);
    expect(reductionMs(engine, packedOf(resolve(graph, policies.plus(), () => true)), 2)).toBe(0);
  });
});
