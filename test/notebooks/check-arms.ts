import { recipes } from 'mesa-lab';
import { expect } from 'vitest';
import type { Arm } from '../../notebooks/experiments/arm';

/** Arms of an experiment have names of their own, a policy each, and recipes whose batch divides into their micro-batches. */
export async function checkArms(arms: readonly Arm[]): Promise<void> {
  expect(new Set(arms.map(({ arm }) => arm)).size).toBe(arms.length);
  for (const { recipe, size, set = {}, policy } of arms) {
    const { batch, accumulate = 1 } = await recipes.read(recipe, { ...(size && { size }), set });
    expect(batch % accumulate).toBe(0);
    expect(policy).toBeDefined();
  }
}
