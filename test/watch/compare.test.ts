import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adamw, data, models, type Samples, start, Trainer } from '../../kernel-lib/index';
import { deitTiny } from '../../kernel-lib/models/vit';
import { planStep } from '../../kernel-lib/plan/plan-step';
import { policies } from '../../kernel-lib/tape/policies';
import { compare } from '../../kernel-lib/watch/compare';

const three = [policies.exact(), policies.mesa(), policies.norms()];

describe('compare', () => {
  const graph = deitTiny();
  const options = { policies: three, batch: 4, threads: 2, optimizer: adamw({ lr: 1e-3 }) };
  const comparison = compare({ graph }, options);

  it('gives the bytes of the step that planStep plans, category by category', () => {
    comparison.rows.forEach((row, i) => {
      const { savedBytes, peakBytes, totals } = planStep({ ...options, graph, policy: three[i] as (typeof three)[0] });
      const { padding, ...categories } = totals;
      expect(row).toMatchObject({ policy: (three[i] as (typeof three)[0]).name, savedBytes, peakBytes, ...categories });
    });
  });

  it('shows them side by side and over the step', () => {
    expect(comparison.table().array('policy')).toEqual(['exact', 'mesa', 'norms']);
    const activations = comparison.rows.map((r) => r.activationPeakBytes);
    expect(activations).toEqual([...activations].sort((a, b) => b - a));
    expect(comparison.figure().data.map((t) => (t as { name: string }).name)).toEqual([
      'weights',
      'optimizer',
      'data',
      'saves',
      'gradients',
      'transient',
    ]);
    const lines = comparison.timeline().data as { name: string; y: number[] }[];
    expect(lines.map(({ y }) => Math.max(...y) * 2 ** 20)).toEqual(activations.map((bytes) => expect.closeTo(bytes, 0)));
  });
});

describe('compare on real steps', () => {
  let model: models.Model;
  let samples: Samples;
  const weights = () => [...model.params.values()].flatMap((p) => [...model.engine.read(p)]);

  beforeAll(async () => {
    const engine = await start({ threads: 1, quiet: true });
    model = models.vit({ engine, imageSize: 16, patchSize: 4, channels: 1, classes: 4, width: 16, depth: 2, heads: 2, seed: 1 });
    samples = await data.noise({ height: 16, width: 16, channels: 1, count: 6, classes: 4 }).batches({ size: 6, seed: 1 }).next();
  });
  afterAll(() => model.dispose());

  it('adds time and error of the gradient to the bytes, and leaves the weights as they were', async () => {
    const before = weights();
    const { rows, table, figure } = await compare(model, { policies: three, samples });
    expect(weights()).toEqual(before);
    const [exact, mesa, norms] = rows as [(typeof rows)[0], (typeof rows)[0], (typeof rows)[0]];
    expect([exact.cosine, exact.relative]).toEqual([1, 0]);
    for (const { cosine, relative } of [mesa, norms]) {
      expect(cosine).toBeLessThan(1);
      expect(cosine).toBeCloseTo(1 - relative ** 2 / 2, 3); // of a small angle
    }
    expect(norms.relative).toBeLessThan(mesa.relative);
    expect(rows.every(({ ms }) => ms > 0)).toBe(true);
    expect(table().columnNames().slice(0, 7)).toEqual([
      'policy',
      'savedBytes',
      'peakBytes',
      'activationPeakBytes',
      'ms',
      'cosine',
      'relative',
    ]);
    expect(figure().data).toMatchObject([...Array(figure().data.length - 2).fill({}), { yaxis: 'y2' }, { yaxis: 'y3' }]);
  });

  it('has the bytes of the steps that were made, also in micro-batches', async () => {
    const { rows } = await compare(model, { policies: [policies.plus()], samples, accumulate: 3 });
    const optimizer = adamw({ lr: 1e-3 });
    const trainer = new Trainer({ model, batches: { next: () => samples }, optimizer, policy: policies.plus(), accumulate: 3 });
    await trainer.step();
    const { savedBytes, peakBytes } = await trainer.step();
    trainer.dispose();
    expect(rows).toMatchObject([{ savedBytes, peakBytes }]);
  });
});
