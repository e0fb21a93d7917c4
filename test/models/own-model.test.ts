import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { noise } from '../../kernel-lib/data/noise';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { add, dense, norm, only, pair } from '../../kernel-lib/models/layers';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { vit } from '../../kernel-lib/models/vit';
import { patchEmbed } from '../../kernel-lib/ops';
import { defineOp } from '../../kernel-lib/ops/define-op';
import { type Graph, GraphBuilder } from '../../kernel-lib/tape/graph';
import { policies } from '../../kernel-lib/tape/policies';
import { adamw } from '../../kernel-lib/train/adamw';
import { Trainer } from '../../kernel-lib/train/trainer';

// A gated MLP over the tokens of images [2, 6, 6], trained with a focal loss: ops, a loss and a model of your own in 30 lines.
const gate = defineOp('gate', ({ in: x }) => {
  const [a, b] = tf.split(x!, 2, 1);
  return tf.mul(a!, tf.sigmoid(b!));
});
const pool = defineOp('pool', ({ in: x }) => tf.mean(tf.reshape(x!, [-1, 9, 16]), 1)); // [b*9, 16] -> [b, 16]
const focal = defineOp('focal', focalLoss, { inputs: ['logits', 'labels'], outputs: ['losses'] });

function focalLoss({ logits, labels }: Record<string, tf.Tensor>): tf.Tensor {
  const p = tf.sum(tf.mul(tf.softmax(logits!), tf.oneHot(labels as tf.Tensor1D, 5)), 1); // [b]
  return tf.mul(tf.square(tf.sub(1, p)), tf.neg(tf.log(p))); // [b]
}

function ownModel(): Graph {
  const g = new GraphBuilder();
  const images = g.feed('images', { rows: 1, dims: [2, 6, 6] });
  const labels = g.feed('labels', { rows: 1, dims: [], dtype: 'int32' });
  const x = g.segment('embed', { block: false }, () =>
    only(g.apply(patchEmbed, 'patches', { in: images }, pair(g, 'embed', [16, 2, 2, 2]))),
  ); // [b*9, 16]
  const y = g.segment('blocks.0', { block: true }, () => {
    const wide = dense(g, 'wide', 'fc', norm(g, 'norm', x, 1e-6), 32); // [b*9, 32]
    return add(g, 'out', x, only(g.apply(gate, 'gated', { in: wide })), 0); // [b*9, 16]
  });
  g.segment('head', { block: false }, () => {
    const logits = dense(g, 'logits', 'head', only(g.apply(pool, 'pooled', { in: y })), 5); // [b, 5]
    g.result('losses', only(g.apply(focal, 'losses', { logits, labels }))); // [b]
  });
  return g.build();
}

const images = noise({ count: 24, channels: 2, height: 6, width: 6, classes: 5, seed: 11 });
let engine: Engine;

beforeAll(async () => {
  engine = await start({ threads: 1, poison: true, quiet: true }); // small tensors: a second thread would only wait
});

/** The loss before and after some steps on one batch. */
async function trained(model: Model, policy: ReturnType<typeof policies.mesa>): Promise<{ first: number; last: number }> {
  const batches = images.batches({ size: 24, seed: 1 });
  const trainer = new Trainer({ model, batches, optimizer: adamw({ lr: 1e-2 }), policy });
  const { loss: first } = await trainer.step();
  await trainer.fit({ steps: 20 });
  const { loss: last } = await trainer.step();
  trainer.dispose();
  return { first, last };
}

describe('a model of your own', () => {
  it.each(['exact', 'mesa', 'plus', 'checkpoint'] as const)('learns under policy %s and leaves nothing', async (name) => {
    const before = engine.ledger.liveBytes;
    const model = createModel(ownModel(), { engine, seed: 1 });
    const { first, last } = await trained(model, policies[name]());
    expect(last).toBeLessThan(0.5 * first);
    model.dispose();
    expect(engine.ledger.liveBytes).toBe(before);
  });
});

describe('low-rank adapters', () => {
  it('learn beside frozen weights, which stay as they are', async () => {
    const graph = vit({ imageSize: 6, patchSize: 2, channels: 2, classes: 5, width: 16, depth: 2, heads: 2, lora: { rank: 2, alpha: 4 } });
    const model = createModel(graph, { engine, seed: 1 });
    model.freeze('**');
    for (const glob of ['**.lora_*', 'head.*']) model.unfreeze(glob);
    const contents = (): Map<string, unknown> => new Map([...model.params].map(([name, t]) => [name, engine.read(t)]));
    const before = contents();
    const { first, last } = await trained(model, policies.plus());
    const changed = [...contents()].filter(([name, values]) => String(values) !== String(before.get(name))).map(([name]) => name);
    expect(changed).toEqual([...model.params.keys()].filter((name) => name.includes('lora') || name.startsWith('head')));
    expect(last).toBeLessThan(first);
    model.dispose();
  });
});
