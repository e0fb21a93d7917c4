import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policies } from '../../kernel-lib/tape/policies';
import { contents, digest, release, rig, startOn, tinyData } from './setup';

describe('100 steps from one seed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesa-same-bits-'));
  const program = join(folder, 'hundred-steps.js');
  const run = (threads: number): string => execFileSync(process.execPath, [program, String(threads)], { encoding: 'utf8' });
  beforeAll(() => {
    const engine = resolve(__dirname, '../../kernel-lib/engine'); // where the built kernels are found
    buildSync({
      entryPoints: [join(__dirname, 'programs/hundred-steps.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      define: { __dirname: JSON.stringify(engine) },
      logLevel: 'error',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are the same bits in processes of 1, 2 and 3 threads', () => {
    const one = run(1);
    expect(one).toMatch(/^[0-9a-f]{64}\n$/);
    expect([run(2), run(3)]).toEqual([one, one]);
  }, 120_000); // on a busy machine threads wait for each other
});

describe('20 steps from one seed', () => {
  it('are other bits from another seed, and the same whatever is asked in between', async () => {
    const engine = await startOn('native', 1);
    const train = async (seed: number, between?: (it0: ReturnType<typeof rig>) => Promise<unknown>): Promise<string> => {
      const it0 = rig(engine, { seed });
      for (let step = 0; step < 20; step++) {
        await it0.trainer.step();
        await between?.(it0);
      }
      const result = digest(contents(engine, it0.model.params).values());
      release(it0);
      return result;
    };
    const plain = await train(4);
    expect(await train(5)).not.toBe(plain);
    expect(await train(4, ({ trainer }) => trainer.evaluate(tinyData.batches({ size: 8 })))).toBe(plain);
    expect(
      await train(4, async ({ trainer }) => trainer.gradients(await tinyData.batches({ size: 8 }).next(), { policy: policies.norms() })),
    ).toBe(plain);
  });
});
