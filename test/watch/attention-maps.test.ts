import { beforeAll, describe, expect, it } from 'vitest';
import { watch } from '../../kernel-lib';
import { noise } from '../../kernel-lib/data/noise';
import type { Engine } from '../../kernel-lib/engine/engine';
import { createModel } from '../../kernel-lib/models/model';
import { pvt } from '../../kernel-lib/models/pvt';
import { swin } from '../../kernel-lib/models/swin';
import type { Graph } from '../../kernel-lib/tape/graph';
import { policies } from '../../kernel-lib/tape/policies';
import { adamw } from '../../kernel-lib/train/adamw';
import { Trainer } from '../../kernel-lib/train/trainer';
import { startOn } from '../train/setup';

const SIDE = 32;
const SIZES = { imageSize: SIDE, channels: 2, classes: 5 };

/** Maps of 8 x 8 tokens: four windows of 16, and four keys beside 64 queries. */
const models: { readonly [name: string]: { readonly graph: Graph; readonly value: string; readonly shape: readonly number[] } } = {
  swin: {
    graph: swin({ ...SIZES, width: 8, depths: [2], heads: [2], window: 4 }),
    value: 'layers.0.blocks.1.attn.probs',
    shape: [4, 2, 16, 16],
  },
  pvt: {
    graph: pvt({ ...SIZES, widths: [8, 8, 8, 8], depths: [1, 1, 1, 1], heads: [2, 2, 2, 2], reductions: [4, 2, 2, 1] }),
    value: 'block1.0.attn.probs',
    shape: [1, 2, 64, 4],
  },
};

describe.each(Object.entries(models))(
  'the attention maps of %s',
  (_, { graph, value, shape: [windows = 1, heads = 1, tokens = 1, keys = 1] }) => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await startOn('native');
    });

    it.each([0, 37])('are the rows of token %i of a sample', async (query) => {
      const model = createModel(graph, { engine, seed: 2 });
      const batches = noise({ count: 6, channels: 2, height: SIDE, width: SIDE, classes: 5, seed: 11 }).batches({ size: 3, seed: 1 });
      const trainer = new Trainer({ model, batches, optimizer: adamw({ lr: 1e-2 }), policy: policies.exact(), seed: 4 });
      const maps = trainer.watch(watch.attentionMaps({ at: value, images: [2], query }));
      const rows = new Map<number, Float32Array>(); // by sample
      trainer.watch({
        at: value,
        value: ({ step, tensor, firstSample, samples }) => {
          const all = step.engine.read(tensor) as Float32Array;
          for (let i = 0; i < samples; i++)
            rows.set(firstSample + i, all.slice((i * all.length) / samples, ((i + 1) * all.length) / samples));
        },
      });
      await trainer.step();

      const probs = rows.get(2) as Float32Array; // [windows, heads, tokens, keys]
      expect(probs).toHaveLength(windows * heads * tokens * keys);
      expect(maps.maps.map(({ head }) => head)).toEqual(Array.from({ length: heads }, (_, head) => head));
      for (const { head, shares } of maps.maps) {
        const at = ((Math.floor(query / tokens) * heads + head) * tokens + (query % tokens)) * keys;
        expect(shares).toEqual(probs.slice(at, at + keys));
        expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      }
      trainer.dispose();
      model.dispose();
    });
  },
);
