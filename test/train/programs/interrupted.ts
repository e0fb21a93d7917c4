import { policies } from '../../../kernel-lib/tape/policies';
import { release, rig, startOn, tinyData } from '../setup';

/** Trains until interrupted, says how that went, checks that all can still be used, then trains until interrupted twice. */
async function main(): Promise<void> {
  const say = (what: object) => console.log(JSON.stringify(what));
  const engine = await startOn('native', 1);
  const empty = engine.ledger.liveBytes;
  const it = rig(engine);
  await it.trainer.step();
  const held = engine.ledger.liveBytes;
  let ended = 0;
  let endedAtSignal = Number.NaN;
  process.once('SIGINT', () => {
    endedAtSignal = ended;
  });
  const first = await it.trainer.fit({ steps: 1e9, onStep: () => say({ step: ++ended }) });
  say({ first, ended, endedAtSignal, left: engine.ledger.liveBytes - held, listeners: process.listenerCount('SIGINT') });

  it.trainer.setPolicy(policies.exact());
  const again = await it.trainer.fit({ steps: 2 });
  const { samples } = await it.trainer.evaluate(tinyData.batches({ size: 8 }));
  release(it);
  say({ again, samples, left: engine.ledger.liveBytes - empty });

  const other = rig(engine);
  await other.trainer.fit({ steps: 1e9, onStep: () => say({ second: true }) });
  say({ waiting: true });
  setInterval(() => {}, 1000);
}

void main();
