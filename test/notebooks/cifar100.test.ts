import { describe, expect, it } from 'vitest';
import { departures, peakOf } from '../../notebooks/cifar100';
import { enlarged, finetuned, finetunedLong, fromScratch } from '../../notebooks/experiments/cifar100';
import { checkArms } from './check-arms';

describe('the experiments on CIFAR-100', () => {
  it.each([
    ['from scratch', fromScratch],
    ['fine-tuned', finetuned],
    ['fine-tuned for longer', finetunedLong],
    ['with more memory to spend', enlarged],
  ])('have recipes, arms with names of their own, and a policy for each: %s', async (_, arms) => {
    await checkArms(arms);
  });

  it('differ from mesa in every packed value, and in nothing but what they are named for', () => {
    const packings = (arm: string) =>
      fromScratch.find((a) => a.arm === arm)!.policy!.rules.flatMap(({ keep }) => (keep.form === 'packed' ? [keep.packing] : []));
    const [mesa, layer, control] = [packings('mesa'), packings('mesa, layer'), packings('control')];
    const heads = mesa.map((packing) => packing.group === 'head');
    expect(layer).toEqual(mesa.map((packing, i) => (heads[i] ? { ...packing, group: 'tensor' } : packing)));
    expect(control).toEqual(mesa.map((packing, i) => (heads[i] ? { ...packing, group: 'tensor', bits: 2 } : packing)));
    expect(heads.filter(Boolean).length).toBeGreaterThan(5);
  });

  it('spend no more than the bytes of exact on larger batches and deeper models; without micro-batches a size more would be too much', () => {
    const budget = peakOf('exact');
    for (const { policy, set = {} } of enlarged.slice(1)) {
      const [name, batch, depth, accumulate] = [policy!.name as 'mesa', set.batch ?? 64, set['model.depth'] ?? 4, set.accumulate] as const;
      const shape = { batch, depth, accumulate } as { batch: number; depth: number; accumulate: number };
      expect(peakOf(name, shape)).toBeLessThanOrEqual(budget);
      const more = depth === 4 ? { ...shape, batch: shape.batch + 4 } : { ...shape, depth: shape.depth + 1 };
      if (accumulate === 1) expect(peakOf(name, more)).toBeGreaterThan(budget);
    }
  });
});

describe('what notebook 05 draws', () => {
  it('is the distance of each loss from that of the first run, without the points that are equal', () => {
    const begun = (arm: string, losses: number[]) => ({ arm, losses, savedBytes: 0, peakBytes: 0, clamped: 0 });
    const { data } = departures([begun('exact', [3, 2]), begun('mesa', [3, 1.5])], 'departures');
    expect(data).toMatchObject([{ name: 'mesa', x: [1, 2], y: [null, 0.5] }]);
  });
});
