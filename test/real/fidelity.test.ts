import { join } from 'node:path';
import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { readWeights } from '../../kernel-lib/files/weights';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { deitTiny } from '../../kernel-lib/models/vit';
import type { Ranges } from '../../kernel-lib/tape/api';
import { policies } from '../../kernel-lib/tape/policies';
import { packed, policy } from '../../kernel-lib/tape/policy';
import { createTape } from '../../kernel-lib/tape/tape';
import { call, fidelity, once, type Rig } from '../acceptance/setup';
import { sharedData } from '../shared-data';
import { SIDE } from './imagenet';
import { realImages } from './images';

const BATCH = 32;

/** Floors at step 0 on real weights and 32 real images (facts: the measured scheme of each preset, and a margin for the batch). */
const FLOORS = {
  mesa: { cos: 0.993, rel: 0.12 },
  plus: { cos: 0.9995, rel: 0.03 },
  lean: { cos: 0.9993, rel: 0.035 },
  norms: { cos: 0.999, rel: 0.04 },
  inputs: { cos: 0.998, rel: 0.055 },
  checkpoint: { cos: 1 - 1e-12, rel: 0 },
} as const;

const data = sharedData('.');

describe.skipIf(!data || !sharedData('weights'))('gradients on the real DeiT-Ti and real images', () => {
  let engine: Engine;
  let model: Model;
  let batch: Rig;
  let exact: Map<string, Float32Array>;

  async function load(split: 'train' | 'val', skip: number): Promise<Rig> {
    const { images, labels, count } = await realImages(data as string, split, BATCH, skip);
    const feeds = {
      images: engine.from(images, [count, 3, SIDE, SIDE], 'float32', { category: 'data', name: 'images' }),
      labels: engine.from(labels, [count], 'int32', { category: 'data', name: 'labels' }),
    };
    return { engine, model, feeds, samples: count };
  }

  const free = ({ feeds }: Rig): void => {
    for (const t of Object.values(feeds)) t.dispose();
  };

  beforeAll(async () => {
    engine = await start({ quiet: true });
    model = createModel(deitTiny(), { engine });
    model.load(await readWeights(join(data as string, 'weights/deit_tiny_patch16_224_lnq.safetensors')));
    batch = await load('train', 0);
    exact = once(batch, policies.exact()).gradients;
  }, 120_000);

  afterAll(() => {
    if (!engine) return;
    free(batch);
    model.dispose();
    expect(engine.ledger.liveBytes).toBe(0);
  });

  it.each(Object.keys(FLOORS) as (keyof typeof FLOORS)[])('stay above the floor of %s', (name) => {
    const { cos, rel, lowest, worst } = fidelity(once(batch, policies[name]()).gradients, exact);
    console.info(`${name.padEnd(10)} cos ${cos.toFixed(5)} rel ${rel.toFixed(4)} lowest ${lowest.toFixed(4)} (${worst})`);
    expect(cos).toBeGreaterThanOrEqual(FLOORS[name].cos);
    expect(rel).toBeLessThanOrEqual(FLOORS[name].rel);
  });

  it('tell a control known to break (4 bits a head) from exact', () => {
    const control = policy(
      'control',
      [
        [{ role: 'gelu.in' }, packed({ bits: 4, group: 'head' })],
        [{ role: 'gelu.out' }, packed({ bits: 4, group: 'head' })],
      ],
      policies.exact(),
    );
    expect(fidelity(once(batch, control).gradients, exact).rel).toBeGreaterThan(0.1);
    const scaled = new Map([...exact].map(([name, g]) => [name, g.map((x) => 1.01 * x)]));
    expect(fidelity(scaled, exact).rel).toBeGreaterThan(FLOORS.checkpoint.rel);
  });

  it('stay above the floor of mesa after ten batches of running ranges', async () => {
    const tape = createTape({ engine, graph: model.graph, policy: policies.mesa() });
    const ranges: Ranges = new Map();
    for (let i = 1; i <= 10; i++) {
      const next = await load('train', i * BATCH);
      const pass = tape.forward(model.params, next.feeds, call(BATCH, { step: i, ranges }));
      commit(ranges, pass.takeRanges());
      pass.dispose();
      free(next);
    }
    const after = once(batch, policies.mesa(), { call: { step: 11, ranges } });
    for (const t of ranges.values()) t.dispose();
    const { cos, rel } = fidelity(after.gradients, exact);
    console.info(`mesa after 10 batches: cos ${cos.toFixed(5)} rel ${rel.toFixed(4)}`);
    expect(cos).toBeGreaterThan(FLOORS.mesa.cos);
    expect(rel).toBeLessThan(FLOORS.mesa.rel);
  }, 120_000);

  it('are clamped and counted, never wrapped, when a batch outgrows its running range', () => {
    const tape = createTape({ engine, graph: model.graph, policy: policies.mesa() });
    const small = { images: engine.plain(() => mul(batch.feeds.images as Tensor, 0.2)), labels: batch.feeds.labels as Tensor };
    const first = tape.forward(model.params, small, call(BATCH));
    const ranges = first.takeRanges();
    first.dispose();
    const grown = tape.forward(model.params, batch.feeds, call(BATCH, { step: 1, ranges }));
    const saturated = grown.counters().reduce((n, c) => n + c.saturated, 0);
    grown.dispose();
    const { cos } = fidelity(once(batch, policies.mesa(), { call: { step: 1, ranges } }).gradients, exact);
    for (const t of [...ranges.values(), small.images]) t.dispose();
    console.info(`mesa on images of five times the contrast of its running range: ${saturated} elements clamped, cos ${cos.toFixed(4)}`);
    expect(saturated).toBeGreaterThan(1000);
    expect(cos).toBeGreaterThan(0.9);
  });

  it.each([50, 200])(
    'survive one channel of one token raised by %i standard deviations',
    (sd) => {
      const pos = model.params.get('pos_embed') as Tensor; // [1, 197, 192]
      const before = engine.read(pos) as Float32Array;
      const raised = before.slice();
      const at = 100 * 192 + 17;
      raised[at] = (raised[at] as number) + sd * deviation(before);
      engine.write(pos, raised);
      try {
        const reference = once(batch, policies.exact()).gradients;
        for (const name of Object.keys(FLOORS) as (keyof typeof FLOORS)[]) {
          const result = once(batch, policies[name]());
          const { cos, rel } = fidelity(result.gradients, reference);
          console.info(`${sd} sd  ${name.padEnd(10)} cos ${cos.toFixed(5)} rel ${rel.toFixed(4)}`);
          expect([...result.gradients.values()].every((g) => g.every(Number.isFinite))).toBe(true);
          expect(cos).toBeGreaterThan(name === 'mesa' ? 0.9 : 0.99);
        }
      } finally {
        engine.write(pos, before);
      }
    },
    240_000,
  );
});

function commit(ranges: Ranges, taken: Ranges): void {
  for (const [name, t] of taken) {
    ranges.get(name)?.dispose();
    ranges.set(name, t);
  }
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
}
