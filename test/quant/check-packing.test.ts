import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dryEngine } from '../../kernel-lib/engine/dry';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { MesaError } from '../../kernel-lib/errors';
import type { Layout, Packing } from '../../kernel-lib/quant/packing';
import { checkPacking, disposePacked, pack, packedBytes, unpack } from '../../kernel-lib/quant/quantise';
import { anyLayout, anyPacking, maps, nearestRows, paper, tokens } from './values';

const layout = tokens(2, 197, 3, 64);

function codeOf(f: () => void): string {
  try {
    f();
  } catch (e) {
    if (e instanceof MesaError) return `${e.code}: ${e.message}`;
    throw e;
  }
  return 'nothing thrown';
}

describe('checkPacking', () => {
  it('takes what the policies ask for', () => {
    for (const packing of [nearestRows, paper])
      for (const l of [layout, maps(2, 3, 197, 197)]) expect(() => checkPacking(l, packing)).not.toThrow();
  });

  it.each<[string, Partial<Layout>, Partial<Packing>]>([
    ['heads-do-not-divide: cannot split 192 columns into 5 heads (2 left over)', { heads: 5 }, {}],
    ['heads-do-not-divide: cannot split 192 columns into 5 heads (2 left over)', { heads: 5 }, { group: 'head' }],
    ['running-row-range: a row has no running range', {}, { range: 'running' }],
    ['running-row-range: a run has no running range', {}, { range: 'running', group: { run: 64 } }],
    ['bad-decay: a running range cannot keep 1.5 of the old one', {}, { range: 'running', group: 'head', decay: 1.5 }],
    ['bad-bits: codes of 3 bits are not supported', {}, { bits: 3 as never }],
    ['bad-run: a run of 0 elements', {}, { group: { run: 0 } }],
    ['bad-layout: 394 rows do not make whole samples of 196 rows', { rowsPerSample: 196 }, {}],
    ['bad-layout: 3 heads of 60 rows do not make a sample of 197 rows', { headAxis: 'rows', rowsPerHead: 60 }, {}],
  ])('says %s', (text, l, p) => {
    expect(codeOf(() => checkPacking({ ...layout, ...l }, { ...nearestRows, ...p }))).toContain(text);
  });
});

describe('pack', () => {
  it('refuses what does not fit, and leaves nothing allocated', async () => {
    const engine = await start({ quiet: true });
    const x = engine.empty([394, 192]);
    const before = engine.ledger.liveBytes;
    const state = engine.empty([2, 4]);
    expect(codeOf(() => pack(engine, x, { ...layout, rows: 197 }, nearestRows))).toContain(
      'shape-does-not-fit: a tensor of shape [394,192]',
    );
    expect(codeOf(() => pack(engine, x, layout, paper))).toContain('no-key: stochastic rounding needs a key');
    expect(codeOf(() => pack(engine, x, layout, paper, { key: [1, 2], state }))).toContain(
      'shape-does-not-fit: a running range of shape [2,4] is not [2, 3]',
    );
    state.dispose();
    expect(engine.ledger.liveBytes).toBe(before);
    x.dispose();
  });

  it('leaves nothing allocated when there is no room for one of its tensors, or a command fails', async () => {
    const engine = await start({ quiet: true });
    const x = engine.from(new Float32Array(394 * 192), [394, 192]);
    const before = engine.ledger.liveBytes;
    for (let call = 1; call <= 8; call++) {
      let calls = 0;
      const failing = <F extends (...args: never[]) => unknown>(f: F): F =>
        ((...args: never[]) => {
          if (++calls === call) throw new Error('no room');
          return f(...args);
        }) as F;
      const kernels = { ...engine.kernels, queue: failing(engine.kernels!.queue.bind(engine.kernels)) };
      const broken = { form: engine.form, kernels, empty: failing(engine.empty.bind(engine)) } as unknown as Engine;
      expect(() => pack(broken, x, layout, paper, { key: [1, 2] }), `call ${call}`).toThrow('no room');
      expect(engine.ledger.liveBytes).toBe(before);
    }
    x.dispose();
  });

  it('unpacks no rows that are not there', async () => {
    const engine = await start({ quiet: true });
    const x = engine.from(new Float32Array(394 * 192), [394, 192]);
    const packed = pack(engine, x, layout, nearestRows);
    expect(codeOf(() => unpack(engine, packed, 300, 100))).toContain(
      'rows-out-of-range: a packed value of 394 rows has no rows 300 to 399',
    );
    disposePacked(packed);
    packed.counters.dispose();
    x.dispose();
  });
});

describe('packedBytes', () => {
  it('is the arithmetic of the design: DeiT-Ti, one sample', () => {
    const one = tokens(1, 197, 3, 64);
    expect(packedBytes(one, nearestRows)).toEqual({ codes: 197 * 192, ranges: 197 * 3 * 4 });
    expect(packedBytes(one, paper)).toEqual({ codes: 197 * 192, ranges: 3 * 8 });
    expect(packedBytes(one, { ...paper, group: 'channel' })).toEqual({ codes: 197 * 192, ranges: 192 * 8 });
    expect(packedBytes(one, { ...nearestRows, group: { run: 100 }, bits: 6 })).toEqual({ codes: 197 * 144, ranges: 197 * 2 * 4 });
    expect(packedBytes(maps(1, 3, 197, 197), { ...paper, bits: 1 })).toEqual({ codes: 3 * 197 * 25, ranges: 3 * 8 });
  });

  it('equals what is booked as saves, and the dry engine books the same at its peak', async () => {
    const real = await start({ quiet: true });
    const dry = dryEngine({ threads: real.threads });
    fc.assert(
      fc.property(anyLayout, anyPacking, (some, packing) => {
        const booked = [real, dry].map((engine) => {
          const x = engine.empty([some.rows, some.columns]);
          if (engine === real) engine.write(x, new Float32Array(x.size));
          engine.ledger.resetPeak();
          const base = engine.ledger.liveBytes;
          const packed = pack(engine, x, some, packing, { key: [1, 2], label: 'value' });
          const saves = engine.ledger.totals().saves;
          unpack(engine, packed, 0, some.rows).dispose();
          const peak = engine.ledger.peakBytes - base;
          disposePacked(packed);
          for (const t of [x, packed.counters, ...(packed.nextState ? [packed.nextState] : [])]) t.dispose();
          return { saves, peak, bytes: packed.bytes, left: engine.ledger.totals().saves };
        });
        const { codes, ranges } = packedBytes(some, packing);
        expect(booked[0]).toMatchObject({ saves: codes + ranges, bytes: codes + ranges, left: 0 });
        expect(booked[1]).toEqual(booked[0]);
      }),
    );
  });
});
