import { beforeAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '../../../kernel-lib/data/augment/index';
import { noise } from '../../../kernel-lib/data/noise';
import { imageFolder } from '../../../kernel-lib/data/sets/image-folder';
import type { Engine } from '../../../kernel-lib/engine/engine';
import { contents, digest, release, rig, startOn, TINY } from '../../train/setup';
import { put, raw, scratchFolder } from '../files';

const pipeline: Pipeline = { kind: 'classification', size: 6, flip: 0.5 };

describe('a training fed from files', async () => {
  const at = await scratchFolder();
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn('native', 1);
    for (let i = 0; i < 15; i++) {
      const { images } = noise({ count: 1, height: 9, width: 9, seed: i });
      await put(at(`set/${i % 5}/${i}.png`), await raw(images, 9, 9, 3).png().toBuffer());
    }
  });

  it('ends with the same bits whatever the number of workers, evaluated in between or not', async () => {
    const set = await imageFolder(at('set'));
    const train = async (workers: number, between: boolean): Promise<string> => {
      const batches = set.batches({ size: 4, seed: 3, workers, pipeline });
      const { model, trainer } = rig(engine, { batches, vit: { ...TINY, channels: 3 } });
      for (let step = 0; step < 6; step++) {
        await trainer.step();
        if (!between) continue;
        const position = batches.state();
        expect((await trainer.evaluate(batches)).samples).toBeGreaterThan(0);
        expect(batches.state()).toEqual(position);
      }
      const bits = digest(contents(engine, model.params).values());
      release({ engine, model, trainer });
      batches.dispose();
      return bits;
    };
    const here = await train(0, false);
    expect([await train(2, false), await train(1, true)]).toEqual([here, here]);
  });
});
