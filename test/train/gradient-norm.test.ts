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
});
