import { describe, expect, it } from 'vitest';
import '../../matchers';
import { engineOf, forms, garbage, random, run } from './engines';

/** samples, height, width, window, shift, byColumns, d */
const cuts: readonly (readonly [number, number, number, number, number, number, number])[] = [
  [1, 1, 1, 1, 0, 0, 1],
  [2, 6, 4, 2, 1, 0, 19],
  [3, 5, 7, 3, 2, 0, 33],
  [2, 5, 3, 2, 0, 1, 8],
  [1, 14, 14, 7, 3, 0, 48],
];

/** For each row of the windows, the row of all maps that it holds; -1: padding. */
function rowsOf([samples, height, width, window, shift, byColumns]: (typeof cuts)[number]): number[] {
  const [tall, wide] = [height, width].map((n) => Math.ceil(n / window) * window) as [number, number];
  const rows: number[] = [];
  for (let s = 0; s < samples; s++)
    for (let top = 0; top < tall; top += window)
      for (let left = 0; left < wide; left += window)
        for (let slow = 0; slow < window; slow++)
          for (let fast = 0; fast < window; fast++) {
            const [y, x] = [top + (byColumns ? fast : slow), left + (byColumns ? slow : fast)];
            const [fromY, fromX] = [(y + shift) % tall, (x + shift) % wide];
            rows.push(fromY < height && fromX < width ? (s * height + fromY) * width + fromX : -1);
          }
  return rows;
}

describe.each(forms)('windows on %s', async (form) => {
  const engine = await engineOf(form);

  it.each(cuts)('are cut from %i maps of %i x %i by %i, moved by %i, by columns: %i, %i wide, and put together', (...cut) => {
    const [samples, height, width, , , , d] = cut;
    const rows = rowsOf(cut);
    const map = random(samples * height * width * d, 1);
    const cell = (i: number): number => {
      const row = rows[Math.floor(i / d)]!;
      return row < 0 ? 0 : map[row * d + (i % d)]!;
    };
    const want = Float32Array.from({ length: rows.length * d }, (_, i) => cell(i));
    const shape = [...cut];
    expect(run(engine, 'to_windows', [map, garbage(want.length), ...shape, 0])[1]).toEqual(want);
    expect(run(engine, 'from_windows', [want, garbage(map.length), ...shape, 0])[1]).toEqual(map);
    const there = random(want.length, 2);
    expect(run(engine, 'to_windows', [map, there, ...shape, 1])[1]).toEqual(there.map((v, i) => v + want[i]!));
    const sum = random(map.length, 3);
    expect(run(engine, 'from_windows', [want, sum, ...shape, 1])[1]).toEqual(sum.map((v, i) => v + map[i]!));
  });
});

describe.each(forms)('the bias of relative positions on %s', async (form) => {
  const engine = await engineOf(form);

  it('is the table at the distance of query and key, and masks what came round in the last windows', () => {
    const [heads, window, shift, n] = [2, 3, 1, 9];
    const table = random(25 * heads, 1);
    const out = run(engine, 'relative_bias', [table, garbage(4 * heads * n * n), heads, window, shift, 4])[1]!;
    const want = Float32Array.from(out, (_, i) => {
      const [type, head, query, key] = [Math.floor(i / (heads * n * n)), Math.floor(i / (n * n)) % heads, Math.floor(i / n) % n, i % n];
      const [y, x, down, across] = [Math.floor(query / 3), query % 3, Math.floor(key / 3), key % 3];
      const apart = (type >= 2 && (y === 2) !== (down === 2)) || (type % 2 === 1 && (x === 2) !== (across === 2));
      return table[((y - down + 2) * 5 + x - across + 2) * heads + head]! + (apart ? -100 : 0);
    });
    expect(out).toEqual(want);
    expect(run(engine, 'relative_bias', [table, garbage(heads * n * n), heads, window, 0, 1])[1]).toEqual(want.subarray(0, heads * n * n));
  });

  it('has a gradient that sums the pairs of a distance', () => {
    const [heads, window, n] = [3, 3, 9];
    const pairs = random(heads * n * n, 1);
    const want = new Float64Array(25 * heads);
    pairs.forEach((v, i) => {
      const [head, query, key] = [Math.floor(i / (n * n)), Math.floor(i / n) % n, i % n];
      const row = (Math.floor(query / 3) - Math.floor(key / 3) + 2) * 5 + (query % 3) - (key % 3) + 2;
      want[row * heads + head]! += 2 * v;
    });
    expect(run(engine, 'relative_bias_gradient', [pairs, garbage(want.length), heads, window, 2, 0])[1]!).toAgreeWith(want, 1e-6);
    const there = random(want.length, 2);
    const added = run(engine, 'relative_bias_gradient', [pairs, there, heads, window, 2, 1])[1]!;
    expect(added).toAgreeWith(
      want.map((v, i) => v + there[i]!),
      1e-6,
    );
  });
});
