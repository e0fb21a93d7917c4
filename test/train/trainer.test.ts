import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { policies } from '../../kernel-lib/tape/policies';
import { packed, policy } from '../../kernel-lib/tape/policy';
import { adamw } from '../../kernel-lib/train/adamw';
import type { BatchSource } from '../../kernel-lib/train/batch-source';
import type { Samples } from '../../kernel-lib/train/feeds';
import { cosine } from '../../kernel-lib/train/schedule';
import { Trainer } from '../../kernel-lib/train/trainer';
import { contents, digest, type Rig, release, rig, startOn, TINY, tinyData } from './setup';

const plain = { ...TINY, dropPath: 0 };
const batchOf = async (size = 8): Promise<Samples> => tinyData.batches({ size, seed: 9 }).next();
const weights = ({ engine, model }: Rig): string => digest(contents(engine, model.params).values());

describe.each(['native', 'wasm', 'js', 'cpu'] as const)('a trainer on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn(backend);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it('lowers the loss, and leaves nothing but weights and moments between steps', async () => {
    const it0 = rig(engine, { policy: policies.plus() });
    const first = await it0.trainer.step();
    const { loss, steps, stopped } = await it0.trainer.fit({ epochs: 3 });
    expect([steps, stopped]).toEqual([9, false]);
    expect(loss).toBeLessThan(first.loss);
    const { weights: w, optimizer, padding, ...rest } = engine.ledger.totals();
    expect([w, optimizer]).toEqual([4 * it0.model.paramCount, 8 * it0.model.paramCount]);
    expect(Object.values(rest).every((bytes) => bytes === 0)).toBe(true);
    release(it0);
  });

  it('reports what a step did', async () => {
    const it0 = rig(engine, { schedule: cosine({ lr: 0.01, warmup: 2, steps: 10, warmupLr: 0.002 }) });
    const report = [await it0.trainer.step(), await it0.trainer.step()];
    expect(report.map(({ step, lr, samples }) => [step, lr, samples])).toEqual([
      [1, 0.002, 8],
      [2, expect.closeTo(0.006, 12), 8],
    ]);
    for (const { savedBytes, peakBytes, ms, gradNorm, nonFinite } of report) {
      expect(savedBytes).toBeGreaterThan(0);
      expect(peakBytes).toBeGreaterThan(savedBytes + 12 * it0.model.paramCount);
      expect([ms > 0, gradNorm > 0, nonFinite]).toEqual([true, true, 0]);
    }
    release(it0);
  });

  it('gives the loss, the gradient and the update of the whole batch from micro-batches', async () => {
    const results: { loss: number; gradNorm: number; gradient: Map<string, Float32Array>; weights: Map<string, Float32Array> }[] = [];
    for (const accumulate of [1, 3, 8, 100]) {
      const it0 = rig(engine, { accumulate, vit: plain, policy: policies.exact(), optimizer: adamw({ lr: 1e-3, eps: 1e-3 }) });
      const gradient = await it0.trainer.gradients(await batchOf());
      const { loss, gradNorm } = await it0.trainer.step();
      results.push({ loss, gradNorm, gradient, weights: contents(engine, it0.model.params) });
      release(it0);
    }
    const [whole, ...parts] = results as [(typeof results)[0], ...typeof results];
    for (const part of parts) {
      expect(part.loss).toBeCloseTo(whole.loss, 6);
      expect(part.gradNorm / whole.gradNorm).toBeCloseTo(1, 5);
      for (const kind of ['gradient', 'weights'] as const) {
        for (const [name, wanted] of whole[kind])
          expect([name, difference(part[kind].get(name), wanted)]).toEqual([name, expect.closeTo(0, 5)]);
      }
    }
  });

  it('scales a gradient down to the norm it is clipped to', async () => {
    const norms: number[] = [];
    const moved: number[] = [];
    for (const clip of [null, 1e6, 1e-3]) {
      // eps far above the gradient makes the update proportional to it
      const it0 = rig(engine, { clip, policy: policies.exact(), optimizer: adamw({ lr: 1e4, eps: 1e4, weightDecay: 0 }) });
      const before = contents(engine, it0.model.params);
      norms.push((await it0.trainer.step()).gradNorm);
      const after = contents(engine, it0.model.params);
      moved.push(Math.hypot(...[...after].flatMap(([name, w]) => [...w].map((x, i) => x - (before.get(name)?.[i] as number)))));
      release(it0);
    }
    expect(norms[1]).toBe(norms[0]);
    expect(moved[1]).toBe(moved[0]);
    expect(moved[0]).toBeCloseTo(norms[0] as number, 2);
    expect((moved[2] as number) / 1e-3).toBeCloseTo(1, 2);
  });

  it('evaluates without changing anything', async () => {
    const it0 = rig(engine);
    await it0.trainer.step();
    const before = [weights(it0), engine.ledger.liveBytes];
    const whole = await it0.trainer.evaluate(tinyData.batches({ size: 24, shuffle: false }), { top5: true });
    const parts = await it0.trainer.evaluate(tinyData.batches({ size: 7, shuffle: false }));
    expect(whole).toMatchObject({ samples: 24, top5: 1 }); // of 5 classes
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    expect(parts.accuracy).toBe(whole.accuracy);
    expect('top5' in parts).toBe(false);
    expect([weights(it0), engine.ledger.liveBytes]).toEqual(before);
    release(it0);
  });

  it('freezes parameters: they stay, keep no moments, and thaw again', async () => {
    const it0 = rig(engine, { policy: policies.exact() });
    it0.model.freeze('blocks.**');
    const before = contents(engine, it0.model.params);
    const frozen = await it0.trainer.step();
    const after = contents(engine, it0.model.params);
    for (const [name, w] of after)
      expect([name, digest([w]) === digest([before.get(name) as Float32Array])]).toEqual([name, name.startsWith('blocks.')]);
    it0.model.unfreeze('blocks.**');
    expect((await it0.trainer.step()).savedBytes).toBeGreaterThan(frozen.savedBytes);
    release(it0);
  });
});

describe('a trainer', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn('native', 1);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it('may be evaluated on the batches that it trains on, in the middle of an epoch', async () => {
    const batches = tinyData.batches({ size: 8, seed: 1 });
    const it0 = rig(engine, { batches });
    await it0.trainer.step();
    const position = batches.state();
    expect((await it0.trainer.evaluate(batches)).samples).toBe(16); // what is left of the epoch
    expect(batches.state()).toEqual(position);
    await expect(it0.trainer.evaluate([])).rejects.toThrow(/no sample/);
    release(it0);
  });

  it('gives gradients without committing anything: the next step is the same bits', async () => {
    const [a, b] = [rig(engine), rig(engine)];
    for (let i = 0; i < 3; i++) {
      await a.trainer.step();
      await b.trainer.step();
      await b.trainer.gradients(await batchOf());
      await b.trainer.gradients(await batchOf(), { policy: policies.norms() });
    }
    expect(weights(b)).toBe(weights(a));
    release(a);
    release(b);
  });

  it('gives the gradient that its step reports the norm of', async () => {
    const it0 = rig(engine);
    const gradient = await it0.trainer.gradients(await tinyData.batches({ size: 8, seed: 1 }).next());
    const norm = Math.sqrt([...gradient.values()].reduce((sum, g) => sum + g.reduce((s, x) => s + x * x, 0), 0));
    expect((await it0.trainer.step()).gradNorm / norm).toBeCloseTo(1, 10);
    expect([...gradient.keys()].sort()).toEqual([...it0.model.params.keys()].sort());
    release(it0);
  });

  it('gives gradients under a policy whose groups are others than those of its running ranges', async () => {
    const it0 = rig(engine);
    await it0.trainer.step();
    const channels = policy('channels', [[{ role: 'gelu.in' }, packed({ group: 'channel', range: 'running' })]], policies.exact());
    expect((await it0.trainer.gradients(await batchOf(), { policy: channels })).size).toBe(it0.model.params.size);
    release(it0);
  });

  it('changes its policy between steps', async () => {
    const it0 = rig(engine);
    const mesa = await it0.trainer.step();
    it0.trainer.setPolicy(policies.exact());
    expect(it0.trainer.plan.policy.name).toBe('exact');
    const exact = await it0.trainer.step();
    expect(exact.savedBytes).toBeGreaterThan(2 * mesa.savedBytes);
    expect(() => it0.trainer.setPolicy({ name: 'none', rules: [] })).toThrow(/policy-leaves-open/);
    expect((await it0.trainer.step()).savedBytes).toBe(exact.savedBytes);
    release(it0);
  });

  it('stops between steps when told, and lets the event loop run', async () => {
    const it0 = rig(engine);
    const stop = new AbortController();
    let ticks = 0;
    const timer = setInterval(() => void ticks++, 0);
    const report = await it0.trainer.fit({
      steps: 1000,
      signal: stop.signal,
      onStep: ({ step }) => {
        if (step === 20) stop.abort();
      },
    });
    clearInterval(timer);
    expect(report).toMatchObject({ steps: 20, stopped: true });
    expect(ticks).toBeGreaterThan(3);
    expect((await it0.trainer.step()).step).toBe(21);
    expect((await it0.trainer.fit({ steps: 5, signal: stop.signal })).steps).toBe(0);
    release(it0);
  });

  it('refuses to do two things at once, or anything once disposed of', async () => {
    const it0 = rig(engine);
    const running = it0.trainer.step();
    expect(() => it0.trainer.dispose()).toThrow(/trainer-busy/);
    await expect(it0.trainer.step()).rejects.toThrow(/trainer-busy/);
    await running;
    release(it0);
    it0.trainer.dispose();
    await expect(it0.trainer.step()).rejects.toThrow(/trainer-disposed/);
  });

  it('refuses options that make no sense', async () => {
    const it0 = rig(engine);
    const options = { model: it0.model, batches: tinyData.batches({ size: 8 }), optimizer: adamw({ lr: 1 }) };
    expect(() => new Trainer({ ...options, accumulate: 0 })).toThrow(/cannot divide a batch into 0/);
    expect(() => new Trainer({ ...options, clip: 0 })).toThrow(/norm of 0/);
    await expect(it0.trainer.fit({})).rejects.toThrow(/either steps or epochs/);
    await expect(it0.trainer.fit({ steps: 1, epochs: 1 })).rejects.toThrow(/either steps or epochs/);
    await expect(it0.trainer.fit({ steps: 1.5 })).rejects.toThrow(/1.5 steps/);
    release(it0);
  });

  it('leaks nothing in 1,000 steps', async () => {
    const it0 = rig(engine, { size: 4, accumulate: 2 });
    await it0.trainer.fit({ steps: 10 });
    const state = (): unknown[] => [
      engine.ledger.liveBytes,
      engine.ledger.blocks,
      tf.memory().numTensors,
      tf.memory().numBytes,
      engine.ledger.totals(),
    ];
    const before = state();
    await it0.trainer.fit({ steps: 1000 });
    expect(state()).toEqual(before);
    release(it0);
  }, 60_000);

  it.each<[string, (batch: Samples) => Samples, RegExp]>([
    [
      'NaN in an image',
      (b) => ({ ...b, images: b.images.map((x, i) => (i === 100 ? Number.NaN : x)) }),
      /batch.images: NaN at number 28 of sample 1/,
    ],
    [
      'infinity in an image',
      (b) => ({ ...b, images: b.images.map((x, i) => (i === 0 ? Number.NEGATIVE_INFINITY : x)) }),
      /-Infinity at number 0 of sample 0/,
    ],
    [
      'a label too large',
      (b) => ({ ...b, labels: (b.labels as Int32Array).map((x, i) => (i === 3 ? 5 : x)) }),
      /sample 3 has label 5, the model has 5 classes/,
    ],
    ['a negative label', (b) => ({ ...b, labels: Int32Array.from(b.labels as Int32Array, () => -1) }), /label -1/],
    ['images of another size', (b) => ({ ...b, imageShape: [2, 3, 12] }), /\[2,3,12\], the model takes \[2,6,6\]/],
    ['too few pixels', (b) => ({ ...b, images: b.images.subarray(1) }), /batch-shape/],
    ['too few labels', (b) => ({ ...b, labels: (b.labels as Int32Array).subarray(1) }), /batch.labels/],
    ['no labels', ({ labels, ...b }) => b, /batch.labels: .*batch-lacks-feed/],
    ['no samples', (b) => ({ ...b, count: 0 }), /holds 0 samples/],
  ])('refuses a batch with %s before anything is allocated', async (_, spoil, says) => {
    const inner = tinyData.batches({ size: 8, seed: 1 });
    const batches: BatchSource = { next: async () => spoil(await inner.next()) };
    const it0 = rig(engine, { batches });
    const entries: unknown[] = [];
    const stop = engine.ledger.listen((entry) => void entries.push(entry));
    await expect(it0.trainer.step()).rejects.toThrow(says);
    await expect(it0.trainer.gradients(spoil(await batchOf()))).rejects.toThrow(says);
    stop();
    expect(entries).toEqual([]);
    release(it0);
  });
});

function difference(a: Float32Array | undefined, b: Float32Array): number {
  return b.reduce((most, x, i) => Math.max(most, Math.abs(x - (a?.[i] as number))), 0);
}
