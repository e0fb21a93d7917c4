import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { policies } from '../../kernel-lib/tape/policies';
import { areas, ownersAt, peakOf, total } from '../../kernel-lib/watch/ledger-record';
import { memoryTimeline } from '../../kernel-lib/watch/memory-timeline';
import { release, rig, startOn } from '../train/setup';

describe.each(['native', 'js', 'cpu'] as const)('memoryTimeline on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn(backend, 1);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it.each(['mesa', 'norms'] as const)('sums to the live bytes of the ledger at every event (%s)', async (name) => {
    const it0 = rig(engine, { policy: policies[name](), accumulate: 2 });
    const live: number[] = [];
    let stop = (): void => {};
    const memory = it0.trainer.watch(memoryTimeline());
    it0.trainer.watch({
      begin: ({ engine: { ledger } }) => {
        live.push(ledger.liveBytes);
        stop = ledger.listen(() => live.push(ledger.liveBytes));
      },
      end: () => stop(),
    });
    await it0.trainer.step();
    live.length = 0;
    const { peakBytes } = await it0.trainer.step();
    const all = areas(memory.record);
    expect(all.length).toBeGreaterThan(200);
    if (backend === 'native') expect(memory.record.entries.filter((e) => e.name === '')).toEqual([]); // elsewhere tfjs has tensors of its own
    expect(all.map((bytes) => total(bytes))).toEqual(live);
    expect(total(all[peakOf(all)] as (typeof all)[0])).toBe(peakBytes);
    release(it0);
  });

  it('knows who holds the bytes at the peak', async () => {
    const it0 = rig(engine, { policy: policies.exact() });
    let owners: unknown[] = [];
    const memory = it0.trainer.watch(memoryTimeline());
    it0.trainer.watch({ gradients: (_, step) => (owners = step.engine.ledger.owners()) });
    await it0.trainer.step();
    const { record } = memory;
    const all = areas(record);
    const holding = memory.owners(Infinity);
    expect(holding.reduce((sum, o) => sum + o.bytes, 0)).toBe(total(all[peakOf(all)] as (typeof all)[0]));
    const update = record.marks.find((m) => m.name === 'update')?.entry ?? 0;
    const named = (of: readonly unknown[]): Set<string> => new Set(of.map((o) => JSON.stringify(o)));
    expect(named(ownersAt(record, update).filter((o) => o.name !== 'gradient squares'))).toEqual(named(owners));
    release(it0);
  });

  it('shows phases, tables, figures and a trace', async () => {
    const [one, two] = [rig(engine, { policy: policies.exact() }), rig(engine, { policy: policies.plus() })];
    const [exact, plus] = [one.trainer.watch(memoryTimeline()), two.trainer.watch(memoryTimeline({ name: 'ours' }))];
    expect(() => exact.table()).toThrow('no step was watched yet (try await trainer.step()) [nothing-watched]');
    for (const { trainer } of [one, two]) await trainer.step();
    const phases = exact.table().array('phase');
    expect([phases[0], phases.at(-1), phases.length]).toEqual(['forward embed', 'update', 10]);
    expect(Math.max(...(exact.table().array('activationBytes') as number[]))).toBeGreaterThan(
      Math.max(...(plus.table().array('activationBytes') as number[])),
    );
    const names = (figure: { data: readonly object[] }): unknown[] => figure.data.map((trace) => (trace as { name: string }).name);
    expect(names(exact.figure({ rss: false }))).toEqual(['weights', 'optimizer', 'data', 'saves', 'gradients', 'transient']);
    expect(names(exact.figure({ against: plus }))).toEqual(['exact', 'ours']);
    const { traceEvents } = JSON.parse(JSON.stringify(exact.chromeTrace())) as { traceEvents: { ph: string; ts?: number }[] };
    expect(traceEvents.filter((e) => e.ph === 'X')).toHaveLength(10);
    expect(traceEvents.every((e) => e.ph === 'M' || Number.isInteger(e.ts))).toBe(true);
    for (const it0 of [one, two]) release(it0);
  });

  it('stops listening when a step throws', async () => {
    const it0 = rig(engine);
    const memory = it0.trainer.watch(memoryTimeline());
    await it0.trainer.step();
    const { entries } = memory.record;
    const stop = it0.trainer.watch({
      gradients: () => {
        throw new Error('stop');
      },
    });
    await expect(it0.trainer.step()).rejects.toThrow('stop');
    it0.trainer.unwatch(stop);
    expect(memory.record.entries).toBe(entries);
    release(it0);
  });
});
