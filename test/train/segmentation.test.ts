import { dispose } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { batchNorm, conv2d, dropChannels, linear, patchEmbed, pixelCrossEntropy, relu } from '../../kernel-lib/ops';
import { key, uniform } from '../../kernel-lib/random/random';
import { type Graph, GraphBuilder, type Init, type Value } from '../../kernel-lib/tape/graph';
import type { Observer } from '../../kernel-lib/tape/observer';
import { planRows } from '../../kernel-lib/tape/plan-table';
import { policies } from '../../kernel-lib/tape/policies';
import { type Policy, packed, policy } from '../../kernel-lib/tape/policy';
import { drain } from '../../kernel-lib/tape/stepwise';
import { createTape } from '../../kernel-lib/tape/tape';
import { adamw } from '../../kernel-lib/train/adamw';
import type { LabelledSamples } from '../../kernel-lib/train/evaluate';
import { feedTensors } from '../../kernel-lib/train/feeds';
import { Trainer } from '../../kernel-lib/train/trainer';
import '../matchers';
import { startOn } from './setup';

const [SIDE, CLASSES, WIDTH] = [8, 3, 8];
const WIDE: Init = { kind: 'truncatedNormal', std: 0.3 };

/** Patches of 2 x 2, a convolution with all that a segmentation head has, and a class for each pixel. */
function segmenter(): Graph {
  const g = new GraphBuilder();
  const param = (name: string, shape: readonly number[], init: Init = WIDE): string => g.param(name, shape, init);
  const column = (name: string, kind: 'zeros' | 'ones'): string => param(name, [WIDTH], { kind });
  const [height, width] = [SIDE / 2, SIDE / 2];
  const images = g.feed('images', { rows: 1, dims: [CLASSES, SIDE, SIDE] });
  const labels = g.feed('labels', { rows: 1, dims: [SIDE, SIDE], dtype: 'int32' });
  const tokens = g.segment('embed', { block: false }, () => {
    const params = { weight: param('embed.weight', [WIDTH, CLASSES, 2, 2]), bias: column('embed.bias', 'zeros') };
    return g.apply(patchEmbed, 'embed', { in: images }, params).out as Value;
  });
  const map = g.segment('block', { block: true }, () => {
    const attrs = { height, width, kernel: 3, stride: 1, padding: 1 };
    const conv = g.apply(conv2d, 'conv', { in: tokens }, { weight: param('conv.weight', [WIDTH, WIDTH, 3, 3]) }, attrs).out as Value;
    const running = { running_mean: g.buffer('bn.running_mean', [WIDTH], { kind: 'zeros' }) };
    const spread = { running_var: g.buffer('bn.running_var', [WIDTH], { kind: 'ones' }) };
    const affine = { weight: column('bn.weight', 'ones'), bias: column('bn.bias', 'zeros'), ...running, ...spread };
    const bn = g.apply(batchNorm, 'bn', { x: conv }, affine, { eps: 1e-5, momentum: 0.1 }).out as Value;
    const active = g.apply(relu, 'relu', { in: bn }).out as Value;
    return g.apply(dropChannels, 'drop', { in: active }, {}, { rate: 0.1 }).out as Value;
  });
  g.segment('head', { block: false }, () => {
    const params = { weight: param('head.weight', [CLASSES, WIDTH]), bias: param('head.bias', [CLASSES], { kind: 'zeros' }) };
    const logits = g.apply(linear, 'head', { in: map }, params).out as Value;
    g.result('logits', logits);
    g.result('losses', g.apply(pixelCrossEntropy, 'losses', { logits, labels }, {}, { height, width }).losses as Value);
  });
  return g.build();
}

/** Halves of two classes each; a border of one pixel between them has no label. */
function halves(count: number, seed: number): LabelledSamples {
  const draws = uniform(key(seed, 0, 0, 'halves'), count * 3);
  const labels = new Int32Array(count * SIDE * SIDE);
  const images = uniform(key(seed, 0, 0, 'images'), count * CLASSES * SIDE * SIDE, -0.3, 0.3);
  for (let s = 0; s < count; s++) {
    const [a, b] = [draws[3 * s]!, draws[3 * s + 1]!].map((v) => Math.floor(v * CLASSES)) as [number, number];
    const edge = 2 * Math.floor(1 + draws[3 * s + 2]! * 3);
    for (let i = 0; i < SIDE * SIDE; i++) {
      const [pixel, label] = [s * SIDE * SIDE + i, i % SIDE < edge ? a : b];
      labels[pixel] = i % SIDE === edge ? -1 : label;
      images[(s * CLASSES + label) * SIDE * SIDE + i]! += 1;
    }
  }
  return { count, images, labels, imageShape: [CLASSES, SIDE, SIDE] };
}

const trained = halves(12, 1);
const unseen = halves(10, 2);

/** Samples `from` to `to`. */
function part({ images, labels }: LabelledSamples, from: number, to: number): LabelledSamples {
  const [pixels, channels] = [SIDE * SIDE, CLASSES * SIDE * SIDE];
  return {
    count: to - from,
    images: images.subarray(from * channels, to * channels),
    labels: labels.subarray(from * pixels, to * pixels),
  };
}

function rig(engine: Engine): { model: Model; trainer: Trainer } {
  const model = createModel(segmenter(), { engine, seed: 3 });
  const batches = { next: async () => trained };
  return { model, trainer: new Trainer({ model, batches, optimizer: adamw({ lr: 0.05 }), policy: policies.plus(), seed: 4 }) };
}

describe.each(['native', 'js'] as const)('a model of pixels on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn(backend);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it('learns to tell the classes of pixels, and counts them over batches', async () => {
    const { model, trainer } = rig(engine);
    const before = await trainer.evaluate([unseen]);
    await trainer.fit({ steps: 12 });
    const { meanIou, accuracy, iou, confusion, loss, samples } = await trainer.evaluate([unseen]);
    expect(loss).toBeLessThan(before.loss / 3);
    expect(meanIou).toBeGreaterThan(0.9);
    const known = unseen.labels.filter((label) => label >= 0);
    const counts = Array.from(confusion!);
    expect([samples, iou!.length, counts.reduce((a, b) => a + b)]).toEqual([10, CLASSES, known.length]);
    expect(accuracy).toBeCloseTo((counts[0]! + counts[4]! + counts[8]!) / known.length, 12);

    const inParts = await trainer.evaluate([part(unseen, 0, 7), part(unseen, 7, 10)]);
    expect(inParts).toEqual({ meanIou, accuracy, iou, confusion, loss: inParts.loss, samples });
    expect(inParts.loss).toBeCloseTo(loss, 5);

    const { confusions = [], ...together } = await trainer.evaluate([part(unseen, 0, 7), part(unseen, 7, 10)], { perImage: true });
    expect(together).toEqual(inParts);
    expect(confusions).toHaveLength(10);
    expect(counts).toEqual(counts.map((_, i) => confusions.reduce((sum, one) => sum + one[i]!, 0)));
    expect(confusions[8]).toEqual((await trainer.evaluate([part(unseen, 8, 9)])).confusion);

    const predicted = await trainer.predict(unseen);
    const right = unseen.labels.filter((label, i) => label === predicted[i]).length;
    expect(right / known.length).toBeCloseTo(accuracy, 12);
    trainer.dispose();
    model.dispose();
  });

  it('refuses labels that are no class, by pixel, and maps without any label', async () => {
    const { model, trainer } = rig(engine);
    const wrong = { ...unseen, labels: unseen.labels.slice() };
    wrong.labels[SIDE * SIDE + 5] = 255;
    await expect(trainer.evaluate([wrong])).rejects.toThrow(
      'pixel 5 of sample 1 has label 255, the model has 3 classes (try labels from 0 to 2, and -1 for pixels without one) [label-out-of-range]',
    );
    await expect(trainer.evaluate([{ ...unseen, labels: new Int32Array(unseen.labels.length).fill(-1) }])).rejects.toThrow('no pixel');
    trainer.dispose();
    model.dispose();
  });
});

describe('a model of pixels', () => {
  it('is told alike by kernels and plain definitions', async () => {
    const engines = [await startOn('native'), await startOn('js')];
    const [fused, plain] = await Promise.all(
      engines.map(async (engine) => {
        const { model, trainer } = rig(engine);
        const result = { labels: await trainer.predict(unseen), ...(await trainer.evaluate([unseen])) };
        trainer.dispose();
        model.dispose();
        return result;
      }),
    );
    expect(fused!.labels.filter((label, i) => label === plain!.labels[i]).length).toBeGreaterThan(0.99 * unseen.labels.length);
    expect(fused!.loss).toBeCloseTo(plain!.loss, 5);
  });

  it('shows an observer what a sample has of a value that is normalised over the batch', async () => {
    const engine = await startOn('native');
    const { model, trainer } = rig(engine);
    const feeds = feedTensors(engine, model.graph, trained, 0, trained.count);
    const seen = (policy: Policy, makes?: Observer['makes']): Float32Array => {
      let xhat = new Float32Array();
      const value: Observer['value'] = (name, t) => {
        if (name === 'bn.xhat') xhat = engine.read(t).slice() as Float32Array<ArrayBuffer>;
      };
      const call = { samples: trained.count, seed: 1, step: 0, micro: 0, training: true, ranges: new Map() };
      const tape = createTape({ engine, graph: model.graph, policy });
      drain(tape.walk(model.params, feeds, call, { value, ...(makes && { makes }) })).dispose();
      return xhat;
    };
    const kept = seen(policies.exact());
    const one = kept.length / trained.count;
    expect(seen(policies.checkpoint())).toEqual(new Float32Array());
    const shown = seen(policies.checkpoint(), (_, sample) => sample === 3);
    expect(shown).toAgreeWith(kept.subarray(3 * one, 4 * one), 1e-6);
    dispose(feeds);
    trainer.dispose();
    model.dispose();
  });

  it('has the gradients of exact from one bit of each ReLU', async () => {
    const engine = await startOn('native');
    const { model, trainer } = rig(engine);
    const bits = policy('bits', [[{ role: 'relu.positive' }, packed({ bits: 1 })]], policies.exact());
    const form = (p: Policy) => {
      const { plan } = createTape({ engine, graph: model.graph, policy: p });
      return planRows(plan, 1).find(({ value }) => value === 'relu.positive')!.form;
    };
    expect([form(bits), form(policies.exact())]).toEqual(['1 bit, row', 'in kernel']);
    expect(await trainer.gradients(trained, { policy: bits })).toEqual(await trainer.gradients(trained, { policy: policies.exact() }));
    trainer.dispose();
    model.dispose();
  });
});
