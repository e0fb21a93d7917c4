import { describe, expect, it } from 'vitest';
import type { Group, Packing } from '../../kernel-lib/quant/packing';
import { packPlain, unpackPlain } from '../../kernel-lib/quant/plain';
import { disposePacked, pack, packedBytes, unpack } from '../../kernel-lib/quant/quantise';
import { compiled, describeOn } from './engines';
import { gaussian, maps, nearestRows, paper, tokens } from './values';

const layout = tokens(2, 3, 2, 8);
const n = layout.rows * layout.columns;
const groups: Group[] = ['head', 'row', { run: 5 }, 'channel', 'tensor'];
const packings = groups.map((group): Packing => ({ ...nearestRows, group }));

function there(x: Float32Array, packing: Packing): { y: Float32Array; saturated: number; nonFinite: number } {
  const packed = packPlain(x, layout, packing, [0, 0], 0);
  return {
    y: unpackPlain(packed.codes, packed.range, layout, packing, 0, layout.rows),
    saturated: packed.saturated,
    nonFinite: packed.nonFinite,
  };
}

describe.each(packings)('with group $group', (packing) => {
  it.each([0, 1, -3.5, 2 ** 100])('a constant %f restores exactly', (c) => {
    expect(there(new Float32Array(n).fill(c), packing)).toEqual({ y: new Float32Array(n).fill(c), saturated: 0, nonFinite: 0 });
  });

  it('a constant that bf16 does not hold restores exactly from float32 ranges, to 15 bits from bf16 ones', () => {
    const c = Math.fround(Math.PI);
    const rows = packing.group === 'row' || typeof packing.group === 'object';
    for (const v of there(new Float32Array(n).fill(c), packing).y) expect(Math.abs(v - c)).toBeLessThanOrEqual(rows ? c * 2 ** -15 : 0);
  });

  it('-0 is 0', () => expect(there(new Float32Array(n).fill(-0), packing).y).toEqual(new Float32Array(n)));

  it('denormals and spans below 2^-92 restore to their minimum', () => {
    const { y, saturated } = there(
      new Float32Array(n).map((_, i) => i * 1e-45),
      packing,
    );
    expect(y.every((v) => Math.abs(v) < 1e-37)).toBe(true);
    expect(saturated).toBe(0);
  });

  it('a NaN or an infinity makes its group NaN, and no other', () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const x = gaussian(n, 1);
      x[17] = bad;
      const { y, nonFinite } = there(x, packing);
      const size = { head: n / 2, row: 8, channel: layout.rows, tensor: n }[packing.group as string] ?? 5;
      expect(nonFinite).toBe(1);
      expect(y[17]).toBeNaN();
      expect(y.filter(Number.isNaN)).toHaveLength(size);
    }
  });

  it('numbers too large for a span in float32 are clamped to 2^126, and counted', () => {
    const x = new Float32Array(n).map((_, i) => (i % 2 ? -3.4e38 : 3.4e38) * (i < 32 ? 1 : 0));
    const { y, saturated, nonFinite } = there(x, packing);
    expect(nonFinite).toBe(0);
    expect(saturated).toBe(32);
    y.forEach((v, i) => {
      const clamped = Math.min(2 ** 126, Math.max(-(2 ** 126), x[i]!));
      expect(Math.abs(v - clamped)).toBeLessThanOrEqual((2 ** 127 / 255 / 2) * (1 + 2 ** -14));
    });
  });
});

describe('a value without elements', () => {
  it.each([tokens(0, 3, 2, 8), tokens(2, 3, 2, 0), maps(0, 2, 3, 3), maps(2, 2, 3, 0)])('packs to nothing', (empty) => {
    for (const packing of [...packings, paper]) {
      const packed = packPlain(new Float32Array(0), empty, packing, [0, 0], 0);
      expect(packed.codes).toHaveLength(0);
      expect(packed).toMatchObject({ saturated: 0, nonFinite: 0 });
      expect(unpackPlain(packed.codes, packed.range, empty, packing, 0, empty.rows)).toHaveLength(0);
      expect(packedBytes(empty, packing).codes).toBe(0);
    }
  });

  it('leaves running ranges alone', () => {
    const state = Float32Array.of(1, 2, 3, 4);
    expect(packPlain(new Float32Array(0), tokens(0, 3, 2, 8), paper, [0, 0], 0, state).nextState).toEqual(state);
  });
});

describeOn(compiled, 'slices', (engine) => {
  const big = tokens(6, 50, 3, 24);
  const x = gaussian(big.rows * big.columns, 9);

  it('restore the same bits as the whole', () => {
    for (const packing of [
      paper,
      nearestRows,
      { ...nearestRows, group: 'channel', bits: 6 },
      { ...nearestRows, group: { run: 7 }, bits: 1 },
    ] as Packing[]) {
      const source = engine.from(x, [big.rows, big.columns]);
      const packed = pack(engine, source, big, packing, { key: [1, 2] });
      const whole = unpack(engine, packed, 0, big.rows);
      for (const [first, count] of [
        [0, 1],
        [7, 13],
        [150, 150],
        [299, 1],
        [300, 0],
      ] as const) {
        const part = unpack(engine, packed, first, count);
        expect(engine.read(part)).toEqual(engine.read(whole).slice(first * big.columns, (first + count) * big.columns));
        part.dispose();
      }
      for (const t of [source, whole, packed.counters, ...(packed.nextState ? [packed.nextState] : [])]) t.dispose();
      disposePacked(packed);
    }
  });

  it('of rows pack to the same codes as the whole, draws included', () => {
    const packing: Packing = { ...nearestRows, rounding: 'stochastic' };
    const source = engine.from(x, [big.rows, big.columns]);
    const whole = pack(engine, source, big, packing, { key: [1, 2], firstSample: 10 });
    const slice = engine.rows(source, 100, 100); // samples 2 and 3
    const part = pack(engine, slice, { ...big, rows: 100 }, packing, { key: [1, 2], firstSample: 12 });
    expect(engine.read(part.codes)).toEqual(engine.read(whole.codes).slice(100 * 72, 200 * 72));
    expect(engine.read(part.range)).toEqual(engine.read(whole.range).slice(100 * 3, 200 * 3));
    for (const p of [whole, part]) {
      disposePacked(p);
      p.counters.dispose();
    }
    source.dispose();
    slice.dispose();
  });
});
