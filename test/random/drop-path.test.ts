import { describe, expect, it } from 'vitest';
import { start } from '../../kernel-lib/engine/start';
import { dropPathScale } from '../../kernel-lib/random/drop-path';
import { key } from '../../kernel-lib/random/key';

describe('drop path', () => {
  it.each(['native', 'wasm'] as const)('draws the same in C on %s as in JavaScript, for any rate', async (backend) => {
    const engine = await start({ backend, quiet: true });
    const samples = 500;
    const zeros = engine.from(new Float32Array(samples), [samples, 1]);
    const ones = engine.from(new Float32Array(samples).fill(1), [samples, 1]);
    const out = engine.empty([samples, 1]);
    for (const rate of [0.05, 0.1, 1 / 3, 0.7, 0.999]) {
      const [k0, k1] = key(1, 2, 3, `rate ${rate}`);
      engine.kernels!.queue('residual', [zeros, ones, out, samples, 1, 1, rate, k0, k1, 40]);
      expect([...engine.read(out)]).toEqual(Array.from({ length: samples }, (_, i) => dropPathScale([k0, k1], 40 + i, rate)));
    }
    for (const t of [zeros, ones, out]) t.dispose();
  });
});
