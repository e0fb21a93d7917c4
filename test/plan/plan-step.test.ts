import { engine, memory } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { deitTiny, vit } from '../../kernel-lib/models/vit';
import { planStep } from '../../kernel-lib/plan/plan-step';
import { estimateStepMs, productRate } from '../../kernel-lib/plan/step-time';
import { stepFlops } from '../../kernel-lib/tape/flops';
import { resolve } from '../../kernel-lib/tape/plan';
import { policies } from '../../kernel-lib/tape/policies';
import type { Policy } from '../../kernel-lib/tape/policy';
import { adamw } from '../../kernel-lib/train/adamw';
import { release, rig, startOn, TINY } from '../train/setup';

const names = Object.keys(policies) as (keyof typeof policies)[];

describe('a planned step', () => {
  it.each(names)('takes the bytes that a real one takes, to the byte (%s)', async (name) => {
    for (const [threads, accumulate, slice] of [
      [1, 1, 8],
      [2, 3, 2],
    ] as const) {
      const native = await startOn('native', threads);
      const policy = policies[name]();
      const it0 = rig(native, { policy, accumulate, slice });
      const optimizer = adamw({ lr: 1e-2 });
      const plan = planStep({ graph: it0.model.graph, policy, batch: 8, optimizer, accumulate, slice, threads });
      await it0.trainer.step();
      const { savedBytes, peakBytes } = await it0.trainer.step();
      expect({ savedBytes: plan.savedBytes, peakBytes: plan.peakBytes }).toEqual({ savedBytes, peakBytes });
      const { padding, ...totals } = native.ledger.peakTotals();
      const { padding: planned, ...rest } = plan.totals;
      expect(rest).toEqual(totals);
      expect(plan.owners.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(peakBytes);
      release(it0);
    }
  });

  it('leaves nothing behind in tfjs', () => {
    const state = (): unknown => [memory().numTensors, engine().backendNames()];
    const before = state();
    planStep({ graph: vit(TINY), policy: policies.mesa(), batch: 8, optimizer: adamw({ lr: 1 }), threads: 1 });
    expect(state()).toEqual(before);
  });

  it('does not keep what only frozen parameters would need', () => {
    const options = { graph: vit(TINY), policy: policies.exact(), batch: 8, optimizer: adamw({ lr: 1 }), threads: 1 };
    const whole = planStep(options);
    const head = planStep({ ...options, trainable: (name) => name.startsWith('head.') });
    expect(head.savedBytes).toBeLessThan(whole.savedBytes / 10);
    expect(head.totals.optimizer).toBe(8 * (16 * 5 + 5));
  });
});

describe('the operations of a step', () => {
  const graph = deitTiny();
  const flops = (policy: Policy, isTrained = (_: string) => true): number => stepFlops(resolve(graph, policy, isTrained), 1) / 1e9;

  it('are three times those of forward, more where values are made again, less where layers are frozen', () => {
    const products = 3 * 2 * 197 * 12 * (12 * 192 ** 2 + 2 * 197 * 192); // of the blocks, forward and backward, without bias and norms
    expect(flops(policies.exact())).toBeGreaterThan(products / 1e9);
    expect(flops(policies.exact())).toBeLessThan((1.06 * products) / 1e9); // patch embedding, head, all that is no product
    expect(flops(policies.checkpoint()) / flops(policies.exact())).toBeCloseTo(1.23, 2); // not 4/3: nobody reads fc2's output again
    expect(flops(policies.norms()) / flops(policies.exact())).toBeCloseTo(1.205, 2);
    expect(flops(policies.exact(), (name) => name.startsWith('head.')) / flops(policies.exact())).toBeCloseTo(1 / 3, 2);
  });

  it('give a time by what a product takes here', async () => {
    const native = await startOn('native', 1);
    const live = native.ledger.liveBytes;
    const rate = productRate(native); // timed once: two probes of a busy machine may differ by more than what is compared
    const plan = resolve(graph, policies.exact(), () => true);
    const [one, four] = [1, 4].map((samples) => estimateStepMs(stepFlops(plan, samples), rate));
    expect(one).toBeGreaterThan(1); // at 7.5 TFLOP/s, which no processor has
    expect(one).toBeLessThan(60_000);
    expect(four! / one!).toBeCloseTo(4, 9);
    expect(native.ledger.liveBytes).toBe(live);
  });
});
