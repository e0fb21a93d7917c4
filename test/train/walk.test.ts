import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { policies } from '../../kernel-lib/tape/policies';
import type { StepEvent } from '../../kernel-lib/train/walk';
import { contents, digest, type Rig, release, rig, startOn } from './setup';

const weights = ({ engine, model }: Rig): string => digest(contents(engine, model.params).values());
const state = (it0: Rig): unknown => [weights(it0), it0.engine.ledger.totals(), memory().numTensors];

describe.each(['native', 'cpu'] as const)('walk() on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn(backend, 1);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it.each(['mesa', 'inputs'] as const)('gives the same bits as step(), and live tensors on the way (%s)', async (name) => {
    const [stepped, walked] = [rig(engine, { policy: policies[name]() }), rig(engine, { policy: policies[name]() })];
    for (let i = 0; i < 2; i++) {
      const { ms, peakBytes, ...report } = await stepped.trainer.step();
      const events: StepEvent[] = [];
      for await (const e of walked.trainer.walk()) {
        if ('tensor' in e) expect([e.name, e.tensor.isDisposed]).toEqual([e.name, false]);
        events.push(e);
      }
      expect(events.at(-1)).toMatchObject({ kind: 'update', report });
      expect(weights(walked)).toBe(weights(stepped));
    }
    for (const it0 of [stepped, walked]) release(it0);
  });

  it('shows memory coming and going: phases in order, every save released', async () => {
    const it0 = rig(engine, { policy: policies.mesa() });
    const events: StepEvent[] = [];
    for await (const e of it0.trainer.walk()) events.push(e);
    const phases = events.flatMap((e) => (e.kind === 'phase' ? e.name : []));
    const segments = ['embed', 'blocks.0', 'blocks.1', 'head'];
    const wanted = [...segments.map((s) => `forward ${s}`), 'loss', ...segments.reverse().map((s) => `backward ${s}`), 'update'];
    expect(phases).toEqual(wanted);
    const names = (kind: StepEvent['kind']): Set<string> => new Set(events.flatMap((e) => (e.kind === kind && 'name' in e ? e.name : [])));
    expect(names('saved').size).toBeGreaterThan(20);
    expect(names('restored')).toEqual(names('saved'));
    if (backend === 'native') expect(names('release')).toEqual(names('saved'));
    const live = (phase: string): number => events.find((e) => e.kind === 'phase' && e.name === phase)?.liveBytes ?? Number.NaN;
    expect(live('backward blocks.1')).toBeGreaterThan(live('forward blocks.0'));
    release(it0);
  });

  it('left early it never happened, wherever that is', async () => {
    const [left, whole] = [rig(engine), rig(engine)];
    for (const { trainer } of [left, whole]) await trainer.step();
    const before = state(left);
    for (let stop = 1; ; stop = Math.ceil(stop * 1.7)) {
      let seen = 0;
      for await (const e of left.trainer.walk()) if (e.kind === 'gradients' || ++seen === stop) break;
      expect([stop, state(left)]).toEqual([stop, before]);
      if (seen < stop) break;
    }
    const { ms, peakBytes, ...report } = await whole.trainer.step();
    expect(await left.trainer.step()).toMatchObject(report);
    for (const it0 of [left, whole]) release(it0);
  });

  it('keeps the trainer busy until it ends', async () => {
    const it0 = rig(engine);
    for await (const _ of it0.trainer.walk()) {
      await expect(it0.trainer.step()).rejects.toThrow('[trainer-busy]');
      break;
    }
    await it0.trainer.step();
    release(it0);
  });
});
