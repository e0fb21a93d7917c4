import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { watch } from '../../kernel-lib/index';
import { policies } from '../../kernel-lib/tape/policies';
import { contents, release, rig, startOn, tinyData } from '../train/setup';
import { softmaxed } from './softmax';

const norm = (xs: ArrayLike<number>): number => Math.sqrt(Array.from(xs).reduce((sum, x) => sum + x * x, 0));

describe.each(['native', 'js'] as const)('watchers on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startOn(backend, 1);
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  it('gradientNorm gives the norms of gradients, weights and updates in float64', async () => {
    const it0 = rig(engine, { policy: policies.exact() });
    const norms = it0.trainer.watch(watch.gradientNorm());
    const before = contents(engine, it0.model.params);
    const gradients = await it0.trainer.gradients(await tinyData.batches({ size: 8, seed: 1 }).next());
    const report = await it0.trainer.step();
    const after = contents(engine, it0.model.params);
    expect(norms.rows.map((r) => r.parameter).sort()).toEqual([...it0.model.params.keys()].sort());
    for (const row of norms.rows) {
      const [w0, w1] = [before.get(row.parameter) as Float32Array, after.get(row.parameter) as Float32Array];
      expect(row.gradientNorm).toBeCloseTo(norm(gradients.get(row.parameter) as Float32Array), 9);
      expect(row.weightNorm).toBeCloseTo(norm(w0), 6);
      if (row.weightNorm > 0) expect(row.updateRatio).toBeCloseTo(norm(w1.map((w, i) => w - (w0[i] as number))) / norm(w0), 6);
    }
    expect(norm(norms.rows.map((r) => r.gradientNorm))).toBeCloseTo(report.gradNorm, 6);
    expect(norms.figure({ of: 'updateRatio' }).data).toHaveLength(12);
    release(it0);
  });

  it('rangeTrace follows the running ranges of the trainer', async () => {
    const it0 = rig(engine);
    const trace = it0.trainer.watch(watch.rangeTrace('blocks.*.attn.q'));
    for (let i = 0; i < 2; i++) await it0.trainer.step();
    expect(trace.rows.map((r) => [r.step, r.value, r.group])).toEqual(
      [1, 2].flatMap((step) => [0, 1].flatMap((block) => [0, 1].map((group) => [step, `blocks.${block}.attn.q`, group]))),
    );
    expect(trace.rows.every((r) => r.span > 0 && r.minimum < 0)).toBe(true);
    expect(trace.rows[0]?.span).not.toBe(trace.rows[4]?.span);
    expect(trace.figure({ at: 'blocks.1.**' }).data).toHaveLength(4);
    release(it0);
  });

  it.each(['mesa', 'plus'] as const)(
    'attentionMaps shows the probabilities of chosen images, written by a kernel or not (%s)',
    async (name) => {
      const it0 = rig(engine, { policy: policies[name](), accumulate: 2 });
      const maps = it0.trainer.watch(watch.attentionMaps({ images: [1, 6], query: 3 }));
      const [q, k] = [new Map<number, Float32Array>(), new Map<number, Float32Array>()];
      it0.trainer.watch({
        at: ['blocks.1.attn.q', 'blocks.1.attn.k'],
        value: ({ name: value, step, tensor, firstSample, samples }) => {
          const values = step.engine.read(tensor) as Float32Array;
          const size = values.length / samples;
          for (let i = 0; i < samples; i++) (value.endsWith('q') ? q : k).set(firstSample + i, values.slice(i * size, (i + 1) * size));
        },
      });
      await it0.trainer.step();
      expect(maps.maps.map((m) => [m.value, m.image, m.head]).filter(([, , head]) => head === 0)).toHaveLength(4);
      for (const { value, image, head, shares } of maps.maps.filter((m) => m.value === 'blocks.1.attn.probs')) {
        const wanted = softmaxed(q.get(image) as Float32Array, k.get(image) as Float32Array, {
          tokens: 10,
          channels: 16,
          heads: 2,
          head,
          query: 3,
        });
        expect([value, image, ...shares]).toEqual([value, image, ...wanted.map((share) => expect.closeTo(share, 5))]);
      }
      expect(maps.figure().data).toHaveLength(4);
      expect(maps.table().numRows()).toBe(2 * 2 * 2 * 10);
      release(it0);
    },
  );

  it('nanTrap names the first value that is not finite, and what it was made from', async () => {
    const it0 = rig(engine, { policy: policies.plus() });
    it0.trainer.watch(watch.nanTrap());
    await it0.trainer.step();
    const bias = it0.model.params.get('blocks.1.mlp.fc1.bias');
    const values = engine.read(bias as NonNullable<typeof bias>);
    values[3] = Number.POSITIVE_INFINITY;
    engine.write(bias as NonNullable<typeof bias>, values);
    const error = await it0.trainer.step().catch((e: Error) => e.message);
    expect(String(error).replace(/-?\d+\.\d+/g, 'x')).toMatchInlineSnapshot(
      `"blocks.1.mlp.hidden: 80 of 5120 elements are NaN or infinite in step 2, the first value that is so; made by linear from blocks.1.norm2.out in x .. x, blocks.1.mlp.fc1.weight in x .. x, blocks.1.mlp.fc1.bias in x .. x, 1 not finite (try a lower learning rate, clip: 1, or a look at the inputs with trainer.walk()) [value-not-finite]"`,
    );
    release(it0);
  });

  it('gradientFidelity compares with the exact gradient of the same batch', async () => {
    const it0 = rig(engine, { policy: policies.mesa() });
    const fidelity = it0.trainer.watch(watch.gradientFidelity({ every: 1 }));
    const batch = await tinyData.batches({ size: 8, seed: 1 }).next();
    const [ours, exact] = [await it0.trainer.gradients(batch), await it0.trainer.gradients(batch, { policy: policies.exact() })];
    await it0.trainer.step();
    const [a, b] = [ours, exact].map((g) => [...g.keys()].sort().flatMap((name) => [...(g.get(name) as Float32Array)])) as [
      number[],
      number[],
    ];
    const dot = a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
    const [all] = fidelity.rows;
    expect(all).toMatchObject({ step: 1, parameter: 'all' });
    expect(all?.cosine).toBeCloseTo(dot / norm(a) / norm(b), 8);
    expect(all?.relative).toBeCloseTo(norm(a.map((x, i) => x - (b[i] as number))) / norm(b), 6);
    expect(all?.relative).toBeGreaterThan(1e-4);
    expect(fidelity.rows).toHaveLength(1 + it0.model.params.size);
    release(it0);
  });

  it('gradientFidelity finds no error in an exact gradient', async () => {
    const it0 = rig(engine, { policy: policies.checkpoint() });
    const fidelity = it0.trainer.watch(watch.gradientFidelity({ every: 1 }));
    await it0.trainer.step();
    if (backend === 'native') expect(fidelity.rows[0]).toEqual({ step: 1, parameter: 'all', cosine: 1, relative: 0 });
    else expect(fidelity.rows[0]?.relative).toBeLessThan(1e-5);
    release(it0);
  });
});
