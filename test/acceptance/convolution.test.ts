import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import '../matchers';
import type { Engine, Kernels } from '../../kernel-lib/engine/engine';
import { type StartOptions, start } from '../../kernel-lib/engine/start';
import { createModel } from '../../kernel-lib/models/model';
import { conv2d, crossEntropy, gelu, linear, meanRows } from '../../kernel-lib/ops';
import { key, normal } from '../../kernel-lib/random/random';
import { type Graph, GraphBuilder, type Value } from '../../kernel-lib/tape/graph';
import { policies } from '../../kernel-lib/tape/policies';
import { once, type Rig } from './setup';

const [SIDE, CHANNELS, SAMPLES, CLASSES] = [9, 3, 4, 5];

/** Windows that overlap, without a bias; a stride; windows side by side, with a rest; every pixel alone. */
function network(): Graph {
  const g = new GraphBuilder();
  const weight = (name: string, ...shape: number[]) => g.param(`${name}.weight`, shape, { kind: 'truncatedNormal', std: 0.3 });
  const bias = (name: string, out: number) => g.param(`${name}.bias`, [out], { kind: 'truncatedNormal', std: 0.3 });
  const images = g.feed('images', { rows: SIDE ** 2, dims: [CHANNELS] });
  const labels = g.feed('labels', { rows: 1, dims: [], dtype: 'int32' });
  const convolved = (name: string, x: Value, from: number, to: number, side: number, kernel: number, stride: number, padding: number) => {
    const params = { weight: weight(name, to, from, kernel, kernel), ...(kernel < 3 && { bias: bias(name, to) }) };
    return g.apply(conv2d, name, { in: x }, params, { height: side, width: side, kernel, stride, padding }).out as Value;
  };
  const body = g.segment('body', { block: true }, () => {
    const a = g.apply(gelu, 'a.act', { in: convolved('a', images, CHANNELS, 8, SIDE, 3, 1, 1) }).out as Value;
    const b = g.apply(gelu, 'b.act', { in: convolved('b', a, 8, 6, SIDE, 3, 2, 1) }).out as Value; // 5 x 5
    return convolved('d', convolved('c', b, 6, 7, 5, 2, 2, 0), 7, 6, 2, 1, 1, 0); // 2 x 2
  });
  g.segment('head', { block: false }, () => {
    const row = g.apply(meanRows, 'row', { in: body }, {}, { rows: 4 }).out as Value;
    const logits = g.apply(linear, 'head', { in: row }, { weight: weight('head', CLASSES, 6) }).out as Value;
    g.result('losses', g.apply(crossEntropy, 'loss', { logits, labels }, {}, { smoothing: 0 }).losses as Value);
  });
  return g.build();
}

async function rigOn(options: StartOptions): Promise<Rig> {
  const engine = await start({ quiet: true, ...options });
  const images = engine.from(normal(key(5, 0, 0, 'images'), SAMPLES * SIDE ** 2 * CHANNELS), [SAMPLES * SIDE ** 2, CHANNELS]);
  const labels = engine.from(
    Int32Array.from({ length: SAMPLES }, (_, i) => i % CLASSES),
    [SAMPLES],
    'int32',
  );
  return { engine, model: createModel(network(), { engine, seed: 2 }), feeds: { images, labels }, samples: SAMPLES };
}

/** Names of the commands that `run` queues. */
function queued({ kernels }: Engine, run: () => void): string[] {
  const names: string[] = [];
  const { queue } = kernels as Kernels;
  (kernels as Kernels).queue = (command, ...rest) => {
    names.push(command);
    queue.call(kernels, command, ...rest);
  };
  run();
  (kernels as Kernels).queue = queue;
  return names;
}

describe('a network of convolutions', () => {
  it('has the same gradients on every engine, in slices and whole, and leaves nothing', async () => {
    const want = once(await rigOn({ backend: 'js' }), policies.exact(), { slice: SAMPLES });
    for (const options of [
      { backend: 'native', threads: 2 },
      { backend: 'wasm', threads: 1 },
    ] as const) {
      const rig = await rigOn(options);
      const held = rig.engine.ledger.liveBytes;
      for (const slice of [1, 3, SAMPLES]) {
        const got = once(rig, policies.exact(), { slice });
        expect(got.losses).toAgreeWith(want.losses, 1e-6);
        for (const [name, gradient] of want.gradients) expect(got.gradients.get(name) as Float32Array, name).toAgreeWith(gradient, 1e-6);
      }
      expect(rig.engine.ledger.liveBytes).toBe(held);
      rig.model.dispose();
      tf.dispose(rig.feeds);
    }
  });

  it('derives with the same bits', async () => {
    const rig = await rigOn({ threads: 2 });
    expect(once(rig, policies.checkpoint(), { slice: 2 }).gradients).toEqual(once(rig, policies.exact(), { slice: 2 }).gradients);
  });

  it('packs its weights once for all slices', async () => {
    const rig = await rigOn({ threads: 2 });
    const count = (slice: number) =>
      queued(rig.engine, () => once(rig, policies.exact(), { slice })).filter((name) => name === 'convolve_panels').length;
    expect(count(1)).toBe(count(SAMPLES));
  });
});
