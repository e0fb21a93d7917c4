import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { readWeights } from '../../kernel-lib/files/weights';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { deitTiny } from '../../kernel-lib/models/vit';
import { policies } from '../../kernel-lib/tape/policies';
import type { Policy } from '../../kernel-lib/tape/policy';
import { adamw } from '../../kernel-lib/train/adamw';
import type { Samples } from '../../kernel-lib/train/feeds';
import { Trainer } from '../../kernel-lib/train/trainer';
import { headError } from '../../kernel-lib/watch/head-error';
import { realImages } from '../real/images';
import { sharedData } from '../shared-data';
import { type Captured, capture, rmseByHead } from './by-head';

const data = sharedData('.');

describe.skipIf(!data || !sharedData('weights'))('headError on the real DeiT-Ti and real images', () => {
  let engine: Engine;
  let model: Model;
  let batch: Samples;

  beforeAll(async () => {
    engine = await start({ quiet: true });
    model = createModel(deitTiny(), { engine });
    model.load(await readWeights(join(data as string, 'weights/deit_tiny_patch16_224_lnq.safetensors')));
    batch = await realImages(data as string, 'train', 8);
  }, 120_000);

  afterAll(() => {
    if (!engine) return;
    model.dispose();
    expect(engine.ledger.liveBytes).toBe(0);
  });

  /** Weights stay: the learning rate is 0. */
  const trainerWith = (policy: Policy): Trainer =>
    new Trainer({ model, batches: { next: () => batch }, optimizer: adamw({ lr: 0, weightDecay: 0 }), policy });

  it.each(['mesa', 'plus', 'norms'] as const)(
    'agrees with float64 (%s)',
    async (name) => {
      const trainer = trainerWith(policies[name]());
      const at = ['blocks.0.attn.*', 'blocks.11.attn.*', 'blocks.5.norm1.out', 'blocks.5.mlp.hidden'];
      const [notes, error] = [capture(at), headError({ at })];
      trainer.watch(notes.watcher);
      trainer.watch(error);
      await trainer.step();
      expect(error.rows.length).toBeGreaterThanOrEqual(3 * 9);
      for (const value of new Set(error.rows.map((r) => r.value))) {
        const mine = error.rows.filter((r) => r.value === value).map((r) => r.rmse);
        const wanted = rmseByHead(notes.made.get(value) as Captured[], notes.read.get(value) as Captured[]);
        expect([value, ...mine.map((rmse, head) => rmse / (wanted[head] as number))]).toEqual([
          value,
          ...wanted.map(() => expect.closeTo(1, 4)),
        ]);
      }
      trainer.dispose();
    },
    120_000,
  );

  it('finds what grouping by head, row and layer was measured to give (facts: relative RMSE in % of the standard deviation)', async () => {
    const trainer = trainerWith(policies.exact());
    const rounding = 'stochastic'; // as measured
    const whatIf = [
      { group: 'tensor', rounding },
      { group: 'head', rounding },
      { group: 'row', rounding },
      { group: 'row', bits: 4, rounding },
    ] as const;
    const error = trainer.watch(headError({ at: ['blocks.*.attn.q', 'blocks.*.attn.k', 'blocks.*.attn.v'], whatIf }));
    await trainer.step();
    const median = (kept: string): number => {
      const ratios = error.rows.filter((r) => r.kept === `${kept}, stochastic`).map((r) => (100 * r.rmse) / r.std);
      return ratios.sort((a, b) => a - b)[ratios.length >> 1] as number;
    };
    const [layer, head, row] = [median('8 bit, tensor'), median('8 bit, head'), median('8 bit, row')];
    console.info(`relative RMSE, % of the standard deviation: layer ${layer.toFixed(2)}, head ${head.toFixed(2)}, row ${row.toFixed(2)}`);
    const measured = [1.65, 1.5, 0.8]; // batch 32; ranges of 8 images are a little narrower
    expect([layer, head, row].map((x, i) => x / (measured[i] as number))).toEqual([0, 1, 2].map(() => expect.closeTo(0.95, 1)));
    expect(median('4 bit, row') / row).toBeCloseTo(17, 0);
    trainer.dispose();
  }, 120_000);
});
