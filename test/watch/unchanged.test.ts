import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { policies } from '../../kernel-lib/tape/policies';
import { contents, digest, type Rig, release, rig, startOn } from '../train/setup';
import { allWatchers } from './setup';

const weights = ({ engine, model }: Rig): string => digest(contents(engine, model.params).values());

describe.each(['native', 'wasm', 'js', 'cpu'] as const)('all watchers on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn(backend);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it.each([
    ['mesa', 1],
    ['plus', 2],
    ['inputs', 1],
    ['exact', 1],
  ] as const)('change no bit of a run and leave nothing on the heap (%s, %i micro-batches)', async (name, accumulate) => {
    const options = { policy: policies[name](), accumulate, clip: 1 };
    const [alone, watched] = [rig(engine, options), rig(engine, options)];
    for (const w of allWatchers(watched.trainer)) watched.trainer.watch(w);
    for (let i = 0; i < 2; i++) {
      const { ms, peakBytes, ...report } = await alone.trainer.step();
      const [totals, tensors] = [engine.ledger.totals(), memory().numTensors];
      expect(await watched.trainer.step()).toMatchObject(report);
      if (i > 0) expect([engine.ledger.totals(), memory().numTensors]).toEqual([totals, tensors]);
      expect(weights(watched)).toBe(weights(alone));
    }
    for (const it0 of [alone, watched]) release(it0);
  });
});

describe('without a watcher', () => {
  it('a step queues the same commands and allocates the same bytes as before there was one', async () => {
    const engine = await startOn('native', 1);
    const it0 = rig(engine, { policy: policies.plus() });
    const kernels = engine.kernels as NonNullable<Engine['kernels']>;
    const queue = kernels.queue.bind(kernels);
    const counted = async (): Promise<unknown> => {
      const seen = { commands: 0, bytes: 0 };
      kernels.queue = (...command) => {
        seen.commands++;
        queue(...command);
      };
      const stop = engine.ledger.listen(({ kind, bytes }) => {
        if (kind === 'allocate') seen.bytes += bytes;
      });
      await it0.trainer.step();
      stop();
      Reflect.deleteProperty(kernels, 'queue');
      return seen;
    };
    await it0.trainer.step();
    const before = await counted();
    const watchers = allWatchers(it0.trainer).map((w) => it0.trainer.watch(w));
    expect(await counted()).not.toEqual(before);
    for (const w of watchers) it0.trainer.unwatch(w);
    expect(await counted()).toEqual(before);
    it0.trainer.watch({ every: 7, value: () => {} });
    expect(await counted()).toEqual(before);
    release(it0);
    expect(engine.ledger.liveBytes).toBe(0);
  });
});
