import { memory, type Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeapEngine } from '../../kernel-lib/engine/heap-engine';
import { MesaError } from '../../kernel-lib/errors';
import { policies } from '../../kernel-lib/tape/policies';
import { adamw } from '../../kernel-lib/train/adamw';
import type { StepReport } from '../../kernel-lib/train/step-report';
import { contents, digest, type Rig, release, rig, startOn } from './setup';

describe.each([
  ['native', 1],
  ['js', 1],
] as const)('a step that throws on %s', (backend, threads) => {
  let engine: HeapEngine;
  beforeAll(async () => {
    engine = (await startOn(backend, threads)) as HeapEngine;
  });
  afterAll(() => expect(engine.ledger.liveBytes).toBe(0));

  const weights = ({ model }: Rig): string => digest(contents(engine, model.params).values());
  const state = (it0: Rig): unknown => ({
    weights: weights(it0),
    totals: engine.ledger.totals(),
    blocks: engine.ledger.blocks,
    tensors: memory().numTensors,
  });

  /** Makes allocation number `n` from now fail, as when memory ends; returns what ends that. */
  function failAt(n: number): () => void {
    let count = 0;
    const counted =
      <A extends unknown[], R>(f: (...args: A) => R) =>
      (...args: A): R => {
        if (++count === n) throw new MesaError('out-of-memory', { says: `allocation ${n}` });
        return f(...args);
      };
    if (backend === 'native') {
      const { heap } = engine.backend;
      heap.allocate = counted(heap.allocate.bind(heap));
      return () => Reflect.deleteProperty(heap, 'allocate');
    }
    // A stock kernel does not clean up after itself when it throws half way: whole calls fail here.
    Object.assign(engine, {
      empty: counted(engine.empty.bind(engine)),
      plain: counted(engine.plain.bind(engine) as (f: () => Tensor) => Tensor),
    });
    return () => {
      Reflect.deleteProperty(engine, 'empty');
      Reflect.deleteProperty(engine, 'plain');
    };
  }

  it.each(['mesa', 'norms', 'exact'] as const)(
    'leaves everything as before, wherever an allocation fails, and the next step does what it would have done (%s)',
    async (name) => {
      const options = { policy: policies[name](), accumulate: 2, clip: 1 };
      const [hurt, whole] = [rig(engine, options), rig(engine, options)];
      for (const { trainer } of [hurt, whole]) await trainer.fit({ steps: 2 });
      const before = state(hurt);
      const stride = backend === 'js' ? 17 : 2; // js allocates more often
      let failures = 0;
      let after: StepReport | undefined;
      for (let n = 1; !after; n += stride) {
        const end = failAt(n);
        const result = await hurt.trainer.step().catch((e: unknown) => e);
        end();
        if (!(result instanceof Error)) after = result as StepReport;
        else expect([n, result.message, state(hurt)]).toEqual([n, `allocation ${n} [out-of-memory]`, before]);
        failures++;
      }
      expect(failures).toBeGreaterThan(10);
      const { ms, peakBytes, ...report } = await whole.trainer.step();
      expect(after).toMatchObject(report);
      expect(weights(hurt)).toBe(weights(whole));
      for (const it0 of [hurt, whole]) release(it0);
    },
    60_000,
  );

  it('says that the loss is not finite before it touches a weight', async () => {
    const it0 = rig(engine);
    await it0.trainer.step();
    const head = it0.model.params.get('head.bias') as Tensor;
    const good = engine.read(head);
    engine.write(
      head,
      Float32Array.from(good, () => Number.NaN),
    );
    const before = state(it0);
    await expect(it0.trainer.step()).rejects.toMatchObject({ code: 'loss-not-finite', message: expect.stringContaining('sample 0') });
    expect(state(it0)).toEqual(before);
    engine.write(head, good);
    expect((await it0.trainer.step()).step).toBe(2);
    release(it0);
  });

  it('says that the gradient is not finite before it touches a weight', async () => {
    const it0 = rig(engine, { policy: policies.exact(), optimizer: adamw({ lr: 1e-3 }) });
    const write = (name: string, value: (i: number) => number): void => {
      const t = it0.model.params.get(name) as Tensor;
      engine.write(
        t,
        new Float32Array(t.size).map((_, i) => value(i)),
      );
    };
    // Logits are the bias alone, which votes for class 4; the gradient of `norm.bias` sums rows of the head that are as large as floats get.
    write('norm.weight', () => 0);
    write('norm.bias', () => 0);
    write('head.bias', (i) => (i === 4 ? 1e6 : 0));
    write('head.weight', (i) => (i >= 4 * 16 ? 3e38 : -3e38));
    const before = state(it0);
    await expect(it0.trainer.step()).rejects.toMatchObject({ code: 'gradient-not-finite' });
    expect(state(it0)).toEqual(before);
    release(it0);
  });
});
