import { describe, expect, it } from 'vitest';
import { key, normal } from '../../kernel-lib/random/random';
import { gradientNorm } from '../../kernel-lib/train/gradient-norm';
import { startOn } from './setup';

describe.each(['native', 'wasm', 'js', 'cpu'] as const)('the gradient norm on %s', (backend) => {
  const arrays = [1, 8191, 8192, 8193, 30_000].map((n) => normal(key(n, 0, 0, 'gradient'), n));
  const wanted = Math.sqrt(arrays.reduce((sum, a) => sum + a.reduce((s, x) => s + x * x, 0), 0));

  it('is that of all gradients together, in double precision', async () => {
    const engine = await startOn(backend);
    const gradients = new Map(arrays.map((a, i) => [`g${i}`, engine.from(a, [a.length])]));
    expect(Math.abs(gradientNorm(engine, gradients) / wanted - 1)).toBeLessThan(1e-12);
    (gradients.get('g3') as NonNullable<ReturnType<typeof gradients.get>>).dispose();
    gradients.set('g3', engine.from(Float32Array.of(1, Number.NaN, 2), [3]));
    expect(gradientNorm(engine, gradients)).toBeNaN();
    for (const t of gradients.values()) t.dispose();
    expect(engine.ledger.liveBytes).toBe(0);
  });

  it('is exact for a single number, whatever bits its square has', async () => {
    const engine = await startOn(backend, 1);
    const numbers = normal(key(1, 0, 0, 'single'), 3000); // some squares have a half that looks like a signalling NaN
    const wrong = numbers.filter((x) => {
      const g = engine.from(Float32Array.of(x), [1]);
      const norm = gradientNorm(engine, new Map([['g', g]]));
      g.dispose();
      return norm !== Math.abs(x);
    });
    expect([...wrong]).toEqual([]);
  });
});
