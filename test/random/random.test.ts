import { describe, expect, it } from 'vitest';
import { dropPathScale, key, normal, permutation, threefry, truncatedNormal, uniform } from '../../kernel-lib/random/random';

const moments = (x: Float32Array): { mean: number; std: number } => {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  return { mean, std: Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length) };
};

describe('threefry', () => {
  // The known answers of Random123's kat_vectors for threefry2x32, 13 rounds: counter, key, words.
  it.each([
    [
      [0, 0],
      [0, 0],
      ['9d1c5ec6', '8bd50731'],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      ['fd36d048', '2d17272c'],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      ['ba3e4725', 'f27d669e'],
    ],
  ] as const)('gives the known answer for counter %j and key %j', (counter, key, words) => {
    const out = new Uint32Array(2);
    threefry(key, counter[0], counter[1], out);
    expect([...out].map((w) => w.toString(16))).toEqual(words);
  });
});

describe('key', () => {
  it('depends on each of its parts', () => {
    const base = key(1, 2, 3, 'blocks.0.attn.q');
    const others = [
      key(2, 2, 3, 'blocks.0.attn.q'),
      key(1, 3, 3, 'blocks.0.attn.q'),
      key(1, 2, 4, 'blocks.0.attn.q'),
      key(1, 3, 2, 'blocks.0.attn.q'),
      key(1, 2, 3, 'blocks.0.attn.k'),
      key(1, 2, 3, 'blocks.1.attn.q'),
      key(1, 2, 3, 'blocks.0.attn.'),
      key(1 + 2 ** 32, 2, 3, 'blocks.0.attn.q'),
      key(1, 2 + 2 ** 32, 3, 'blocks.0.attn.q'),
      key(1, 2, 3, 'blocks.0.attn.q\0'),
    ];
    expect(new Set([base, ...others].map(String)).size).toBe(others.length + 1);
    expect(key(1, 2, 3, 'blocks.0.attn.q')).toEqual(base);
  });
});

describe('draws', () => {
  const k = key(7, 0, 0, 'test');

  it('are uniform within their bounds', () => {
    const x = uniform(k, 100_000, -1, 3);
    const { mean, std } = moments(x);
    expect(Math.min(...x.subarray(0, 1e5))).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...x.subarray(0, 1e5))).toBeLessThan(3);
    expect(Math.abs(mean - 1)).toBeLessThan(0.015);
    expect(Math.abs(std - 4 / Math.sqrt(12))).toBeLessThan(0.01);
  });

  it('are normal with the deviation asked for', () => {
    const { mean, std } = moments(normal(k, 200_001, 0.02));
    expect(Math.abs(mean)).toBeLessThan((4 * 0.02) / Math.sqrt(200_001));
    expect(Math.abs(std / 0.02 - 1)).toBeLessThan(0.01);
  });

  it('stay within the truncation, and lose the variance that it takes', () => {
    const x = truncatedNormal(k, 100_000, 1);
    expect(x.every((v) => Math.abs(v) <= 2)).toBe(true);
    expect(Math.abs(moments(x).std - 0.8796)).toBeLessThan(0.01);
  });

  it('do not depend on how many follow', () => {
    expect(normal(k, 11)).toEqual(normal(k, 1000).slice(0, 11));
    expect(uniform(k, 11)).toEqual(uniform(k, 1000).slice(0, 11));
  });

  it('make 5.7 million parameters in well under two seconds', () => {
    const start = performance.now();
    truncatedNormal(k, 5_717_416, 0.02);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('permutation', () => {
  it('holds every number once, in another order for another key', () => {
    const p = permutation(key(1, 0, 0, 'shuffle'), 1000);
    expect([...p].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
    expect(permutation(key(1, 0, 0, 'shuffle'), 1000)).toEqual(p);
    expect(permutation(key(1, 1, 0, 'shuffle'), 1000)).not.toEqual(p);
    expect(permutation(key(1, 0, 0, 'shuffle'), 0)).toHaveLength(0);
  });

  it('puts each number in each place equally often', () => {
    const counts = new Float64Array(16);
    for (let i = 0; i < 16_000; i++)
      counts[(permutation(key(i, 0, 0, ''), 4)[0] as number) * 4 + (permutation(key(i, 0, 0, ''), 4)[1] as number)]!++;
    for (let a = 0; a < 4; a++)
      for (let b = 0; b < 4; b++) expect(Math.abs(counts[a * 4 + b]! - (a === b ? 0 : 16_000 / 12))).toBeLessThan(a === b ? 1 : 150);
  });
});

describe('drop path', () => {
  it('drops a share of the samples and keeps the expectation', () => {
    const k = key(3, 0, 0, 'drop');
    const scales = Float32Array.from({ length: 20_000 }, (_, i) => dropPathScale(k, i, 0.1));
    expect(new Set(scales)).toEqual(new Set([0, Math.fround(1 / Math.fround(0.9))]));
    expect(Math.abs(moments(scales).mean - 1)).toBeLessThan(0.01);
    expect(dropPathScale(k, 5, 0)).toBe(1);
  });
});
