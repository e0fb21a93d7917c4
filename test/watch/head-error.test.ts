import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { packPlain, unpackPlain } from '../../kernel-lib/quant/plain';
import { layoutOf } from '../../kernel-lib/tape/layout';
import { policies } from '../../kernel-lib/tape/policies';
import { packed, policy } from '../../kernel-lib/tape/policy';
import { headError } from '../../kernel-lib/watch/head-error';
import { release, rig, startOn } from '../train/setup';
import { type Captured, capture, rmseByHead } from './by-head';

describe.each(['native', 'js'] as const)('headError on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn(backend, 1);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it.each(['mesa', 'plus', 'norms', 'inputs'] as const)(
    'agrees with float64 on what backward really read, kept or made again (%s)',
    async (name) => {
      const it0 = rig(engine, { policy: policies[name](), slice: 3 });
      const [notes, error] = [capture(), headError('blocks.**')];
      it0.trainer.watch(notes.watcher);
      it0.trainer.watch(error);
      await it0.trainer.step();
      const values = new Set(error.rows.map((r) => r.value));
      expect(values.size).toBeGreaterThan(10);
      for (const value of values) {
        const mine = error.rows.filter((r) => r.value === value);
        if (new Set(mine.map((r) => r.kept)).size > 1 || mine[0]?.kept === 'full') continue;
        const wanted = rmseByHead(notes.made.get(value) as Captured[], notes.read.get(value) as Captured[]);
        const scale = 1e-6 * Math.max(...mine.map((r) => Math.max(Math.abs(r.low), Math.abs(r.high))));
        const off = mine.map((r, head) => Math.abs(r.rmse - (wanted[head] as number)));
        expect([value, off.every((d) => d <= scale)]).toEqual([value, true]);
      }
      const probs = error.rows.filter((r) => r.value.endsWith('probs'));
      expect(probs.every((r) => r.rmse > 0 && r.kept === (name === 'mesa' ? '8 bit, head, running, stochastic' : 'derived'))).toBe(true);
      expect(probs.length).toBe(4);
      release(it0);
    },
  );

  it('finds no error where values are kept in full, and less where there are more bits and smaller groups', async () => {
    const it0 = rig(engine, { policy: policies.exact() });
    const whatIf = [{ bits: 8 }, { bits: 4 }, { bits: 2 }, { bits: 8, group: 'row' }, { bits: 8, group: 'tensor' }] as const;
    const error = it0.trainer.watch(headError({ at: 'blocks.*.attn.q', whatIf }));
    await it0.trainer.step();
    const of = (kept: string): number[] => error.rows.filter((r) => r.kept === kept).map((r) => r.relative);
    expect(of('full')).toEqual([0, 0, 0, 0]);
    const mean = (kept: string): number => of(kept).reduce((a, b) => a + b) / 4;
    const order = ['8 bit, row', '8 bit, head', '8 bit, tensor', '4 bit, head', '2 bit, head'].map(mean);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
    expect(error.rows.every((r) => r.snrDb === null || Math.abs(r.snrDb + 20 * Math.log10(r.relative)) < 1e-9)).toBe(true);
    release(it0);
  });

  it('tries a packing over the batch on the whole batch, also where forward runs in slices', async () => {
    const it0 = rig(engine, { policy: policies.plus(), slice: 3 });
    const [notes, error] = [capture(), headError({ at: 'blocks.0.attn.k', whatIf: [{ bits: 4, group: 'head' }] })];
    it0.trainer.watch(notes.watcher);
    it0.trainer.watch(error);
    await it0.trainer.step();
    const parts = notes.made.get('blocks.0.attn.k') as Captured[];
    const whole = Float32Array.from(parts.flatMap(({ values }) => [...values]));
    const layout = layoutOf((parts[0] as Captured).seen.value.spec, 8);
    const packing = { bits: 4, group: 'head', range: 'batch', decay: 0.9, rounding: 'nearest' } as const;
    const { codes, range } = packPlain(whole, layout, packing, [0, 0], 0);
    const read = unpackPlain(codes, range, layout, packing, 0, layout.rows);
    const seen = { ...(parts[0] as Captured).seen, firstSample: 0, samples: 8 };
    const wanted = rmseByHead([{ seen, values: whole }], [{ seen, values: read }]);
    const got = error.rows.filter((r) => r.tried).map((r) => r.rmse);
    expect(got.map((rmse, head) => rmse / (wanted[head] as number))).toEqual([expect.closeTo(1, 5), expect.closeTo(1, 5)]);
    release(it0);
  });

  it('counts what a running range cut off', async () => {
    const running = packed({ group: 'head', range: 'running', decay: 0.99 });
    const it0 = rig(engine, { policy: policy('slow', [[{ name: 'blocks.*.attn.q' }, running]], policies.exact()) });
    const error = it0.trainer.watch(headError('blocks.*.attn.q'));
    let saturated = 0;
    for (let i = 0; i < 4; i++) saturated += (await it0.trainer.step()).saturated;
    expect(saturated).toBeGreaterThan(0);
    expect(error.rows.reduce((sum, r) => sum + r.saturated, 0)).toBe(saturated);
    release(it0);
  });

  it('sends a block whose error is too large back to exact, from the next step on', async () => {
    const rough = policy('rough', [[{ name: 'blocks.1.attn.q' }, packed({ bits: 1 })]], policies.plus());
    const it0 = rig(engine, { policy: rough });
    // biome-ignore lint/suspicious/noThenProperty: never awaited
    const error = it0.trainer.watch(headError({ at: 'blocks.*.attn.q', above: 0.2, then: 'exact' }));
    const before = await it0.trainer.step();
    expect(error.exact).toEqual(['blocks.1']);
    expect(it0.trainer.plan.policy.name).toBe('rough, exact in blocks.1');
    const after = await it0.trainer.step();
    expect(after.savedBytes).toBeGreaterThan(before.savedBytes);
    const second = error.rows.filter((r) => r.step === 2).map((r) => [r.value, r.kept]);
    expect(second).toEqual([
      ['blocks.0.attn.q', '8 bit, row'],
      ['blocks.0.attn.q', '8 bit, row'],
      ['blocks.1.attn.q', 'full'],
      ['blocks.1.attn.q', 'full'],
    ]);
    release(it0);
  });

  it('says what it could compare where backward reads nothing of what was asked', () => {
    const it0 = rig(engine, { policy: policies.plus() });
    expect(() => it0.trainer.watch(headError('blocks.0.attn.qq'))).toThrowErrorMatchingInlineSnapshot(
      `[MesaError: 'blocks.0.attn.qq' matches none of 47 names (try 'blocks.0.attn.q', 'blocks.0.attn.k', 'blocks.0.attn.v') [glob-matches-nothing]]`,
    );
    expect(() => it0.trainer.watch(headError('blocks.0.attn.proj'))).toThrowErrorMatchingInlineSnapshot(
      `[MesaError: headError: backward reads none of the 1 values of 'blocks.0.attn.proj' under policy 'plus' (try 'blocks.0.norm1.xhat', 'blocks.0.norm1.rstd', 'blocks.0.attn.k') [nothing-to-compare]]`,
    );
    release(it0);
  });

  it('fills a table and a figure', async () => {
    const it0 = rig(engine);
    const error = it0.trainer.watch(headError({ at: 'blocks.*.attn.*', whatIf: [{ bits: 4 }] }));
    await it0.trainer.step();
    const worst = error
      .table()
      .filter((d) => d.tried)
      .groupby('value')
      .rollup({ worst: 'd => op.max(d.relative)' });
    expect(worst.numRows()).toBe(12); // q, k, v, probs, o and proj of two blocks
    expect(error.figure().data.length).toBe(2);
    release(it0);
  });
});
