import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import type { Layout, Packing } from '../../kernel-lib/quant/packing';
import { packPlain, unpackPlain } from '../../kernel-lib/quant/plain';
import { disposePacked, pack, unpack } from '../../kernel-lib/quant/quantise';
import { compiled, describeOn, plain } from './engines';
import { anyLayout, anyPacking, gaussian, maps, paper, tokens, troubled } from './values';

type Bytes = ArrayLike<number>;

/** Two batches one after another through an engine: everything that comes out, as numbers. */
function run(engine: Engine, layout: Layout, packing: Packing, batches: readonly Float32Array[], firstSample: number): Bytes[] {
  const out: Bytes[] = [];
  let state: ReturnType<Engine['empty']> | undefined;
  for (const batch of batches) {
    const x = engine.from(batch, [batch.length]);
    const packed = pack(engine, x, layout, packing, { key: [11, 0xfffffff0], firstSample, ...(state ? { state } : {}) });
    x.dispose();
    const half = layout.rows >> 1;
    const [first, second] = [unpack(engine, packed, 0, half), unpack(engine, packed, half, layout.rows - half)];
    out.push(engine.read(packed.codes), engine.read(packed.range), engine.read(packed.counters), [
      ...engine.read(first),
      ...engine.read(second),
    ]);
    for (const t of [first, second, packed.counters, ...(state ? [state] : [])]) t.dispose();
    disposePacked(packed);
    state = packed.nextState;
    if (state) out.push(engine.read(state));
  }
  state?.dispose();
  return out;
}

/** The same by the plain definition. */
function reference(layout: Layout, packing: Packing, batches: readonly Float32Array[], firstSample: number): Bytes[] {
  const out: Bytes[] = [];
  let state: Float32Array | undefined;
  for (const batch of batches) {
    const p = packPlain(batch, layout, packing, [11, 0xfffffff0], firstSample, state);
    out.push(p.codes, p.range, [p.saturated, p.nonFinite], unpackPlain(p.codes, p.range, layout, packing, 0, layout.rows));
    state = p.nextState;
    if (state) out.push(state);
  }
  return out;
}

/** Fails with the first difference; compares bits, so that -0 is not 0 and NaN is NaN. */
function expectSame(got: readonly Bytes[], wanted: readonly Bytes[]): void {
  const bits = (o: Bytes): Buffer => Buffer.from(Float64Array.from(o).buffer);
  got.forEach((g, i) => {
    const w = wanted[i] as Bytes;
    if (!bits(g).equals(bits(w))) expect(Array.from(g), `output ${i}`).toEqual(Array.from(w));
  });
  expect(got.length).toBe(wanted.length);
}

describeOn([...compiled, ...plain], 'the quantiser', (engine) => {
  it('packs and restores as the plain definition does, to the last bit', () => {
    const before = engine.ledger.liveBytes;
    fc.assert(
      fc.property(
        anyLayout,
        anyPacking,
        fc.nat(),
        fc.constantFrom(0, 0.005, 0.2),
        fc.nat({ max: 1000 }),
        (layout, packing, seed, share, firstSample) => {
          const n = layout.rows * layout.columns;
          const batches = [troubled(n, seed, share), troubled(n, seed + 1, share)];
          expectSame(run(engine, layout, packing, batches, firstSample), reference(layout, packing, batches, firstSample));
        },
      ),
      { numRuns: engine.kernels ? 150 : 40 },
    );
    expect(engine.ledger.liveBytes).toBe(before);
  });

  it.each([
    ['one row wider than a batch of draws', { ...tokens(1, 1, 3, 3001), heads: 1 }],
    ['more groups than a vector has lanes', tokens(3, 7, 24, 8)],
    ['attention maps', maps(2, 3, 65, 65)],
    ['several tasks', tokens(2, 197, 3, 64)],
  ])('and on %s', (_, layout) => {
    const batches = [gaussian(layout.rows * layout.columns, 1), gaussian(layout.rows * layout.columns, 2, 1.5)];
    for (const packing of [
      paper,
      { ...paper, bits: 4, group: 'channel' },
      { ...paper, group: { run: 100 }, range: 'batch', bits: 6 },
    ] as Packing[]) {
      expectSame(run(engine, layout, packing, batches, 3), reference(layout, packing, batches, 3));
    }
  });
});
