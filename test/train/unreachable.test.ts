import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { rig, startOn } from './setup';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects, and lets finalizers run, until nothing more goes. */
async function settle(live: () => number): Promise<number> {
  for (let last = Number.NaN; last !== live(); ) {
    last = live();
    for (let i = 0; i < 3; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return live();
}

it('a set-up run 20 times without dispose leaves the heap where one run does', async () => {
  const engine = await startOn('native', 1);
  let held: unknown;
  const setUp = async (): Promise<void> => {
    const it0 = rig(engine, { accumulate: 2 });
    await it0.trainer.fit({ steps: 2 });
    held = it0; // as a notebook's variable does
  };
  await setUp();
  const once = await settle(() => engine.ledger.liveBytes);
  for (let i = 0; i < 20; i++) await setUp();
  expect(await settle(() => engine.ledger.liveBytes)).toBe(once);
  expect(held).toBeDefined();
  held = undefined;
  expect(await settle(() => engine.ledger.liveBytes)).toBe(0);
});
