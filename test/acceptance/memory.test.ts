import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { dryEngine } from '../../kernel-lib/engine/dry';
import { createModel } from '../../kernel-lib/models/model';
import { deitSmall, deitTiny } from '../../kernel-lib/models/vit';
import type { Graph } from '../../kernel-lib/tape/graph';
import { policies } from '../../kernel-lib/tape/policies';
import { createTape } from '../../kernel-lib/tape/tape';
import { call } from './setup';

const MIB = 2 ** 20;

/** Saves + gradients + transients at their largest over a step, in MiB: the real step run dry on 2 threads. */
function activationPeak(graph: Graph, samples: number, policy: keyof typeof policies): number {
  const engine = dryEngine({ threads: 2 });
  const model = createModel(graph, { engine });
  const data = { category: 'data' } as const;
  const feeds = {
    images: engine.empty([samples, ...(graph.feeds.images?.spec.dims ?? [])], 'float32', data),
    labels: engine.empty([samples], 'int32', data),
  };
  let peak = 0;
  engine.ledger.listen(() => {
    const { saves, gradients, transient } = engine.ledger.totals();
    peak = Math.max(peak, saves + gradients + transient);
  });
  const pass = createTape({ engine, graph, policy: policies[policy]() }).forward(model.params, feeds, call(samples));
  pass.backward(1 / samples, new Map<string, Tensor>());
  pass.dispose();
  return peak / MIB;
}

describe('the activation peak', () => {
  // Setting A: DeiT-Ti, batch 16, 224 px; MiB at most
  it.each([
    ['exact', 395],
    ['mesa', 155],
    ['plus', 95],
    ['lean', 70],
    ['norms', 40],
    ['inputs', 38],
    ['checkpoint', 65],
  ] as const)('of %s at setting A is at most %i MiB', (policy, most) => {
    const peak = activationPeak(deitTiny(), 16, policy);
    console.info(`A ${policy.padEnd(10)} ${peak.toFixed(1)} MiB`);
    expect(peak).toBeLessThanOrEqual(most);
  });

  it('of norms at setting C (DeiT-S, 1,024 px, batch 1) is at most 300 MiB', () => {
    const peak = activationPeak(deitSmall({ imageSize: 1024 }), 1, 'norms');
    console.info(`C norms ${peak.toFixed(1)} MiB`);
    expect(peak).toBeLessThanOrEqual(300);
  });

  it('grows with a block of norms by a small part of what a block of exact adds', () => {
    const grown = (policy: keyof typeof policies): number =>
      activationPeak(deitTiny({ depth: 8 }), 64, policy) - activationPeak(deitTiny({ depth: 4 }), 64, policy);
    expect(grown('norms')).toBeLessThan(0.1 * grown('exact'));
    expect(grown('mesa')).toBeLessThan(0.4 * grown('exact'));
  });
});
