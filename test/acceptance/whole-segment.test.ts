import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { createModel } from '../../kernel-lib/models/model';
import { crossEntropy, linear, residual } from '../../kernel-lib/ops';
import { defineOp } from '../../kernel-lib/ops/define-op';
import { type Graph, GraphBuilder, type Value } from '../../kernel-lib/tape/graph';
import type { Op } from '../../kernel-lib/tape/op';
import { planRows } from '../../kernel-lib/tape/plan-table';
import { policies } from '../../kernel-lib/tape/policies';
import { full, packed, policy } from '../../kernel-lib/tape/policy';
import { createTape } from '../../kernel-lib/tape/tape';
import { adamw } from '../../kernel-lib/train/adamw';
import { Trainer } from '../../kernel-lib/train/trainer';
import { fidelity, once, type Rig } from './setup';

const [WIDTH, ROWS, SAMPLES, MOMENTUM] = [8, 3, 6, 0.1];

const centred = defineOp('centre', ({ in: x }) => tf.mul(tf.sub(x as tf.Tensor, tf.mean(x as tf.Tensor, 0)), x as tf.Tensor));

const pool = defineOp('pool', ({ in: x }) => tf.mean(tf.reshape(x as tf.Tensor, [-1, ROWS, WIDTH]), 1)); // [b, c]

/** out = (x - mean of the batch) x, and a running mean. */
const centre: Op = {
  ...centred,
  params: ['running'],
  whole: true,
  forward(x, attrs, c) {
    const { out } = centred.forward(x, attrs, c) as { out: tf.Tensor };
    const mean = tf.mean(x.in as tf.Tensor, 0);
    return { out, ...(c.training && { running: tf.add(tf.mul(x.running as tf.Tensor, 1 - MOMENTUM), tf.mul(mean, MOMENTUM)) }) };
  },
};

/** Sliced, whole, sliced; the last segment reads what the first block made, as a feature pyramid does. */
function pyramid(): Graph {
  const g = new GraphBuilder();
  const pair = (name: string, out: number): { weight: string; bias: string } => ({
    weight: g.param(`${name}.weight`, [out, WIDTH], { kind: 'truncatedNormal', std: 0.4 }),
    bias: g.param(`${name}.bias`, [out], { kind: 'zeros' }),
  });
  const images = g.feed('images', { rows: ROWS, dims: [WIDTH] });
  const labels = g.feed('labels', { rows: 1, dims: [], dtype: 'int32' });
  const a = g.segment('a', { block: true }, () => g.apply(linear, 'a', { in: images }, pair('a', WIDTH)).out as Value);
  const b = g.segment('b', { block: true }, () => {
    const running = g.buffer('b.running', [WIDTH], { kind: 'zeros' });
    return g.apply(centre, 'b.centre', { in: a }, { running }).out as Value;
  });
  const c = g.segment('c', { block: true }, () => {
    const lateral = g.apply(linear, 'c.lateral', { in: a }, pair('c.lateral', WIDTH)).out as Value;
    return g.apply(
      residual,
      'c',
      { in: lateral, branch: g.apply(linear, 'c.top', { in: b }, pair('c.top', WIDTH)).out as Value },
      {},
      { rate: 0 },
    ).out as Value;
  });
  g.segment('head', { block: false }, () => {
    const row = g.apply(pool, 'row', { in: c }).out as Value;
    const logits = g.apply(linear, 'logits', { in: row }, pair('head', 4)).out as Value;
    g.result('logits', logits);
    g.result('losses', g.apply(crossEntropy, 'loss', { logits, labels }, {}, { smoothing: 0 }).losses as Value);
  });
  return g.build();
}

const numbers = {
  images: Float32Array.from({ length: SAMPLES * ROWS * WIDTH }, (_, i) => Math.cos(i * 1.7) + 0.3),
  labels: Int32Array.from({ length: SAMPLES }, (_, i) => i % 4),
};

function rigOn(engine: Engine): Rig {
  const model = createModel(pyramid(), { engine, seed: 2 });
  const images = engine.from(numbers.images, [SAMPLES * ROWS, WIDTH]);
  return { engine, model, feeds: { images, labels: engine.from(numbers.labels, [SAMPLES], 'int32') }, samples: SAMPLES };
}

function release({ model, feeds }: Rig): void {
  model.dispose();
  tf.dispose(feeds);
}

const inFull = policy('in full', [[{}, full]]);
const everything = policy('everything', [[{}, packed()]]);

describe('a segment that reduces over the batch', () => {
  it('runs whole between segments that run in slices, forward and backward, and leaves nothing', async () => {
    const engine = await start({ threads: 2 });
    const before = engine.ledger.liveBytes;
    const rig = rigOn(engine);
    for (const chosen of [inFull, policies.checkpoint(), everything]) {
      const whole = once(rig, chosen, { slice: SAMPLES });
      const held = engine.ledger.liveBytes;
      for (const slice of [1, 2, 4]) {
        const sliced = once(rig, chosen, { slice });
        expect(sliced.losses).toEqual(whole.losses);
        expect(sliced.savedBytes).toBe(whole.savedBytes);
        expect(fidelity(sliced.gradients, whole.gradients).rel).toBeLessThan(1e-6);
      }
      expect(engine.ledger.liveBytes).toBe(held);
    }
    release(rig);
    expect(engine.ledger.liveBytes).toBe(before);
  });

  it('has the gradient of the whole loss', async () => {
    const engine = await start({ threads: 2 });
    const rig = rigOn(engine);
    const { gradients } = once(rig, inFull, { slice: 2 });
    const bias = rig.model.params.get('a.bias') as tf.Tensor;
    const at = engine.read(bias) as Float32Array;
    const lossAt = (i: number, h: number): number => {
      engine.write(
        bias,
        at.map((x, j) => (j === i ? x + h : x)),
      );
      const { losses } = once(rig, inFull, { slice: 2 });
      return losses.reduce((sum, x) => sum + x, 0) / SAMPLES;
    };
    for (const i of [0, 3, 7]) {
      const numeric = (lossAt(i, 1e-2) - lossAt(i, -1e-2)) / 2e-2;
      expect(Math.abs((gradients.get('a.bias')?.[i] as number) - numeric)).toBeLessThan(2e-3 * (Math.abs(numeric) + 0.05));
    }
    release(rig);
  });
});

describe('a value that several segments read', () => {
  it('is saved once', async () => {
    const engine = await start({ threads: 2 });
    const rig = rigOn(engine);
    const { plan } = createTape({ engine, graph: rig.model.graph, policy: inFull });
    expect(
      planRows(plan, SAMPLES)
        .filter((r) => r.value === 'a')
        .map((r) => r.segment),
    ).toEqual(['b']);
    const rows = planRows(plan, SAMPLES).reduce((sum, r) => sum + r.bytes + r.rangeBytes, 0);
    expect(once(rig, plan.policy, { slice: 2 }).savedBytes).toBe(rows);
    release(rig);
  });
});

describe('a buffer', () => {
  const trainerOn = (rig: Rig, accumulate = 1): Trainer =>
    new Trainer({
      model: rig.model,
      batches: { next: () => ({ count: SAMPLES, ...numbers }) },
      optimizer: adamw({ lr: 0 }),
      policy: inFull,
      accumulate,
    });
  const running = ({ engine, model }: Rig): Float32Array => engine.read(model.params.get('b.running') as tf.Tensor) as Float32Array;

  it('moves with a step, once a micro-batch, and with nothing else', async () => {
    const engine = await start({ threads: 2 });
    const rig = rigOn(engine);
    const trainer = trainerOn(rig);
    await trainer.gradients({ count: SAMPLES, ...numbers });
    expect(running(rig)).toEqual(new Float32Array(WIDTH));
    await trainer.step();
    const once = running(rig);
    expect(Math.abs(once[0] as number)).toBeGreaterThan(1e-4);
    await trainer.step();
    for (const [i, x] of running(rig).entries()) expect(x).toBeCloseTo((once[i] as number) * (2 - MOMENTUM), 6);
    trainer.dispose();

    const halves = rigOn(engine);
    const accumulating = trainerOn(halves, 2);
    await accumulating.step();
    const twice = running(halves);
    expect(twice.some((x, i) => Math.abs(x - (once[i] as number)) > 1e-4)).toBe(true); // two moves towards two means
    accumulating.dispose();
    for (const r of [rig, halves]) release(r);
  });

  it('stays as it was when the step throws', async () => {
    const engine = await start({ threads: 2 });
    const rig = rigOn(engine);
    const trainer = trainerOn(rig);
    trainer.watch({
      name: 'stop',
      gradients: () => {
        throw new Error('no');
      },
    } as never);
    await expect(trainer.step()).rejects.toThrow('no');
    expect(running(rig)).toEqual(new Float32Array(WIDTH));
    expect(rig.model.paramCount).toBe([...rig.model.params].filter(([name]) => name !== 'b.running').reduce((n, [, t]) => n + t.size, 0));
    trainer.dispose();
    release(rig);
  });
});
