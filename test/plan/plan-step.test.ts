import { engine, memory } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { vit } from '../../kernel-lib/models/vit';
import { planStep } from '../../kernel-lib/plan/plan-step';
import { policies } from '../../kernel-lib/tape/policies';
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
