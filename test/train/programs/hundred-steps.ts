import { start } from '../../../kernel-lib/engine/start';
import { contents, digest, rig } from '../setup';

/** Trains 100 steps on as many threads as told and prints a digest of every loss and weight: a process of its own. */
async function main(): Promise<void> {
  const engine = await start({ backend: 'native', threads: Number(process.argv[2]), quiet: true });
  const { trainer, model } = rig(engine, { clip: 1 });
  const losses: number[] = [];
  await trainer.fit({ steps: 100, onStep: ({ loss }) => void losses.push(loss) });
  console.log(digest([...contents(engine, model.params).values(), Float32Array.from(losses)]));
}

void main();
