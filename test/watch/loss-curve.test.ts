import { expect, it } from 'vitest';
import { watch } from '../../kernel-lib/index';
import { policies } from '../../kernel-lib/tape/policies';
import { release, rig, startOn } from '../train/setup';

it('lossCurve keeps what steps report and draws their means beside those of another run', async () => {
  const engine = await startOn('js', 1);
  const [a, b] = [rig(engine), rig(engine, { policy: policies.exact() })];
  const curves = [a.trainer.watch(watch.lossCurve()), b.trainer.watch(watch.lossCurve())] as const;
  expect(curves[0].figure().data).toEqual([]);
  const losses: number[] = [];
  for (let i = 0; i < 5; i++) {
    losses.push((await a.trainer.step()).loss);
    await b.trainer.step();
  }
  expect(curves[0].reports.map((r) => r.loss)).toEqual(losses);
  const mean = ([x, y]: readonly number[]): number => ((x as number) + (y as number)) / 2;
  const drawn = curves[0].figure({ against: curves[1], smooth: 2 }).data as { name: string; x: number[]; y: number[] }[];
  expect(new Set(drawn.map((d) => d.name))).toEqual(new Set(['mesa', 'exact']));
  const mine = drawn.find((d) => d.name === 'mesa');
  expect(mine).toMatchObject({ x: [2, 4], y: [mean(losses.slice(0, 2)), mean(losses.slice(2, 4))] });
  release(a);
  release(b);
  expect(engine.ledger.liveBytes).toBe(0);
});
