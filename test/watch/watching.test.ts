import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { watch } from '../../kernel-lib/index';
import { policies } from '../../kernel-lib/tape/policies';
import type { Watcher } from '../../kernel-lib/train/watcher';
import { contents, digest, type Rig, release, rig, startOn } from '../train/setup';
import { allWatchers } from './setup';

const weights = ({ engine, model }: Rig): string => digest(contents(engine, model.params).values());
const stop = (): never => {
  throw new Error('stop');
};

describe('watching', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn('native', 1);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it('tells of the values that its globs match, at every n-th step, with the samples they are of', async () => {
    const it0 = rig(engine, { accumulate: 2, policy: policies.plus(), slice: 3 });
    const seen: string[] = [];
    const note =
      (hook: string): NonNullable<Watcher['value']> =>
      ({ step, name, firstSample, samples, tensor, value }) => {
        expect(tensor.size).toBe(samples * value.spec.dims.reduce((a, b) => a * b, value.spec.rows));
        seen.push(`${step.step} ${hook} ${name} ${firstSample}+${samples}`);
      };
    it0.trainer.watch({
      at: ['blocks.0.attn.q', '**.norm2.out'],
      every: 2,
      value: note('value'),
      restored: note('restored'),
      derived: note('derived'),
      gradient: note('gradient'),
    });
    for (let i = 0; i < 3; i++) await it0.trainer.step();
    const slices = ['0+3', '3+1', '4+3', '7+1'];
    expect(seen.filter((s) => s.startsWith('1 value blocks.0.attn.q'))).toEqual(slices.map((s) => `1 value blocks.0.attn.q ${s}`));
    expect(new Set(seen.map((s) => s.split(' ')[0]))).toEqual(new Set(['1', '3']));
    const kinds = new Set(seen.filter((s) => s.startsWith('3')).map((s) => s.split(' ').slice(1, 3).join(' ')));
    expect([...kinds].sort()).toEqual([
      'derived blocks.0.norm2.out',
      'derived blocks.1.norm2.out',
      'gradient blocks.0.attn.q',
      'gradient blocks.0.norm2.out',
      'gradient blocks.1.norm2.out',
      'restored blocks.0.attn.q',
      'value blocks.0.attn.q',
      'value blocks.0.norm2.out',
      'value blocks.1.norm2.out',
    ]);
    release(it0);
  });

  it('ends with unwatch, and with the scope also when something throws', async () => {
    const it0 = rig(engine);
    let steps = 0;
    const count = (): Watcher => ({ begin: () => void steps++ });
    const first = it0.trainer.watch(count());
    await it0.trainer.step();
    it0.trainer.unwatch(first);
    const inScope = async (): Promise<void> => {
      using _ = it0.trainer.watch(count());
      await it0.trainer.step();
      stop();
    };
    await expect(inScope()).rejects.toThrow('stop');
    await it0.trainer.step();
    expect(steps).toBe(2);
    release(it0);
  });

  it.each(['attach', 'begin', 'phase', 'value', 'makes', 'saved', 'restored', 'derived', 'gradient', 'gradients', 'update'] as const)(
    'a watcher that throws in %s leaves everything as before, with all the others on',
    async (hook) => {
      const it0 = rig(engine, { accumulate: 2 });
      await it0.trainer.step();
      for (const w of allWatchers(it0.trainer)) it0.trainer.watch(w);
      const state = (): unknown => [weights(it0), engine.ledger.totals(), memory().numTensors];
      const before = state();
      const bad: Watcher = { [hook]: stop };
      if (hook === 'attach') expect(() => it0.trainer.watch(bad)).toThrow('stop');
      else {
        it0.trainer.watch(bad);
        await expect(it0.trainer.step()).rejects.toThrow('stop');
        expect(state()).toEqual(before);
        it0.trainer.unwatch(bad);
      }
      const other = rig(engine, { accumulate: 2 });
      await other.trainer.fit({ steps: 2 });
      await it0.trainer.step();
      expect(weights(it0)).toBe(weights(other));
      for (const r of [it0, other]) release(r);
    },
  );

  it('a watcher that throws in end comes after the step, which stands', async () => {
    const it0 = rig(engine);
    const bad = it0.trainer.watch({ end: stop });
    const before = weights(it0);
    await expect(it0.trainer.step()).rejects.toThrow('stop');
    expect(weights(it0)).not.toBe(before);
    it0.trainer.unwatch(bad);
    expect((await it0.trainer.step()).step).toBe(2);
    release(it0);
  });

  it('refuses what cannot be watched, and says what could', () => {
    const it0 = rig(engine, { policy: policies.plus() });
    const refused = (watcher: Watcher): string => {
      try {
        it0.trainer.watch(watcher);
        return 'watched';
      } catch (e) {
        return (e as Error).message;
      }
    };
    const twice: Watcher = {};
    it0.trainer.watch(twice);
    expect({
      glob: refused(watch.activationHistogram('blocks.0.attn.g')),
      parameter: refused(watch.gradientNorm({ at: 'blocks.0.attn.qkv' })),
      every: refused({ every: 0 }),
      bins: (() => {
        try {
          return watch.activationHistogram({ bins: 10 });
        } catch (e) {
          return (e as Error).message;
        }
      })(),
      ranges: refused(watch.rangeTrace()),
      maps: refused(watch.attentionMaps({ at: 'blocks.0.attn.q' })),
      query: refused(watch.attentionMaps({ query: 10 })),
      twice: refused(twice),
    }).toMatchInlineSnapshot(`
      {
        "bins": "bins: cannot make 10 bins (try a multiple of 4, such as 64) [watch-options]",
        "every": "every: cannot look at every 0 steps (try 1 or more) [watch-options]",
        "glob": "'blocks.0.attn.g' matches none of 47 names (try 'blocks.0.attn.q', 'blocks.0.attn.k', 'blocks.0.attn.v') [glob-matches-nothing]",
        "maps": "blocks.0.attn.q: holds no attention probabilities [heads, n, keys] but [16] (try at: '**.attn.probs') [no-probabilities]",
        "parameter": "'blocks.0.attn.qkv' matches none of 32 names (try 'blocks.0.attn.qkv.weight', 'blocks.0.attn.qkv.bias', 'blocks.0.attn.proj.weight') [glob-matches-nothing]",
        "query": "query: there is no token 10 among 10 (try 0 to 9) [watch-options]",
        "ranges": "rangeTrace: policy 'plus' keeps none of the 47 values of '**' with a running range (try policies.mesa()) [no-running-range]",
        "twice": "this watcher is watching already (try another one) [watched-twice]",
      }
    `);
    release(it0);
  });

  it('refuses an image that the batch does not have', async () => {
    const it0 = rig(engine);
    it0.trainer.watch(watch.attentionMaps({ images: [8] }));
    await expect(it0.trainer.step()).rejects.toThrow('images: there is no image 8 in a batch of 8 (try 0 to 7) [watch-options]');
    release(it0);
  });
});
