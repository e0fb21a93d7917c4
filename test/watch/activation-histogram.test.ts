import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { policies } from '../../kernel-lib/tape/policies';
import { activationHistogram } from '../../kernel-lib/watch/activation-histogram';
import { histogramOf, widened } from '../../kernel-lib/watch/histogram';
import { sumsOf } from '../../kernel-lib/watch/sums';
import { numbers } from '../engine/forms';
import { release, rig, startOn } from '../train/setup';

const layouts = {
  columns: { rows: 700, columns: 48, rowsPerSample: 7, heads: 3, headAxis: 'columns', rowsPerHead: 7 },
  rows: { rows: 700, columns: 37, rowsPerSample: 35, heads: 5, headAxis: 'rows', rowsPerHead: 7 },
} as const;

describe.each(['native', 'wasm', 'js', 'cpu'] as const)('reductions on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn(backend);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it.each(['columns', 'rows'] as const)('are those of float64, head by head, with what is not finite left out (heads over %s)', (axis) => {
    const layout = layouts[axis];
    const n = layout.rows * layout.columns;
    const [x, y] = [numbers(n).map((v) => 3 * v), numbers(n, 5)];
    [x[5], x[100], y[200]] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NaN];
    const headOf = (i: number): number =>
      axis === 'columns' ? Math.floor((i % layout.columns) / 16) : Math.floor(Math.floor(i / layout.columns) / 7) % 5;
    const wanted = Array.from({ length: layout.heads }, (_, h) => {
      const mine = [...x.keys()].filter((i) => headOf(i) === h);
      const good = mine.filter((i) => Number.isFinite(x[i]) && Number.isFinite(y[i]));
      const sum = (f: (i: number) => number): number => good.reduce((s, i) => s + f(i), 0);
      return {
        count: good.length,
        faulty: mine.length - good.length,
        sum: sum((i) => x[i] as number),
        squares: sum((i) => (x[i] as number) ** 2),
        errors: sum((i) => Math.fround((x[i] as number) - (y[i] as number)) ** 2),
        outside: 0,
        low: Math.min(...good.map((i) => x[i] as number)),
        high: Math.max(...good.map((i) => x[i] as number)),
      };
    });
    const [a, b] = [engine.from(x, [layout.rows, layout.columns]), engine.from(y, [layout.rows, layout.columns])];
    const sums = sumsOf(engine, a, layout, b).take();
    sums.forEach((s, h) => {
      for (const [field, value] of Object.entries(wanted[h] as object)) {
        expect([h, field, s[field as keyof typeof s]]).toEqual([h, field, expect.closeTo(value as number, 6)]);
      }
    });

    const counted = histogramOf(engine, a, layout, { bins: 8, limit: 2, near: 0.5 }).take();
    counted.forEach((histogram, h) => {
      const mine = [...x].filter((v, i) => headOf(i) === h && !Number.isNaN(v));
      const counts = Array.from({ length: 8 }, (_, bin) => mine.filter((v) => v >= -2 + bin / 2 && v < -1.5 + bin / 2).length);
      const [under, over, near] = [mine.filter((v) => v < -2), mine.filter((v) => v >= 2), mine.filter((v) => Math.abs(v) <= 0.5)];
      expect([h, histogram]).toEqual([h, { limit: 2, counts, under: under.length, over: over.length, near: near.length }]);
    });
    for (const t of [a, b]) t.dispose();
  });

  it('of a tensor that is not there any more are still of what it held', () => {
    const x = engine.from(new Float32Array(8).fill(2), [2, 4]);
    const pending = sumsOf(engine, x, { rows: 2, columns: 4, rowsPerSample: 1, heads: 2, headAxis: 'columns', rowsPerHead: 1 });
    x.dispose();
    expect(pending.take().map((s) => s.sum)).toEqual([8, 8]);
  });
});

describe('activationHistogram', () => {
  it('counts every element of a value, by head or all heads together, with bins that grow with the values', async () => {
    const engine = await startOn('native', 1);
    const it0 = rig(engine, { policy: policies.plus() });
    const byHead = it0.trainer.watch(activationHistogram({ at: 'blocks.*.attn.q', by: 'head' }));
    const whole = it0.trainer.watch(activationHistogram({ at: 'blocks.*.attn.q', every: 2 }));
    for (let i = 0; i < 3; i++) await it0.trainer.step();
    expect(byHead.distributions.map((d) => [d.step, d.value, d.head])).toEqual(
      [1, 2, 3].flatMap((step) => ['blocks.0.attn.q', 'blocks.1.attn.q'].flatMap((value) => [0, 1].map((head) => [step, value, head]))),
    );
    for (const { counts, under, over, sums } of byHead.distributions) {
      expect(counts.reduce((a, b) => a + b, under + over)).toBe(sums.count);
      expect(sums.count).toBe(8 * 10 * 8);
    }
    const [first] = whole.distributions;
    expect(first?.counts).toEqual(
      first?.counts.map((_, i) => (byHead.distributions[0]?.counts[i] ?? 0) + (byHead.distributions[1]?.counts[i] ?? 0)),
    );
    expect(whole.table().array('step')).toEqual([1, 1, 3, 3]);
    const { data } = byHead.figure({ at: 'blocks.1.**' });
    expect(data.map((trace) => (trace as { type: string; name: string }).name)).toEqual([
      'blocks.1.attn.q, head 0',
      'blocks.1.attn.q, head 1',
    ]);
    release(it0);
    expect(engine.ledger.liveBytes).toBe(0);
  });

  it('widens a histogram without moving a count to another place', () => {
    const h = { limit: 2, counts: [1, 2, 3, 4, 5, 6, 7, 8], under: 1, over: 2, near: 9 };
    expect(widened(h)).toEqual({ limit: 4, counts: [0, 0, 3, 7, 11, 15, 0, 0], under: 1, over: 2, near: 9 });
  });
});
