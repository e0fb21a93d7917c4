// A worker that makes our training steps on demand: started with a contender's JSON, answers `step` and `memory` (see pytorch/step.py).
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { adamw, data, models, policies, start, Trainer, watch } from 'mesa-lab';
import type { Contender } from './contenders';
import type { Setting } from './settings';
import { watched } from './watched';

type Config = Contender & { readonly setting: Setting; readonly threads: number };

async function main({ setting, policy = 'exact', form = 'native', micro, threads, watch: looks = '' }: Config): Promise<void> {
  const engine = await start({ backend: form as 'native', threads, quiet: true });
  const { image, patch, width, depth, heads, classes, batch } = setting;
  const model = models.vit({ engine, imageSize: image, patchSize: patch, width, depth, heads, classes, seed: 0 });
  const samples = await data.noise({ count: batch, height: image, width: image, classes }).batches({ size: batch, shuffle: false }).next();
  const trainer = new Trainer({
    model,
    policy: policies[policy as keyof typeof policies](),
    batches: { next: () => samples },
    optimizer: adamw({ lr: 5e-4, weightDecay: 0.05 }),
    accumulate: batch / micro,
  });
  watched[looks]?.add(trainer);

  async function step(): Promise<object> {
    const began = performance.now();
    const { loss } = await trainer.step();
    return { ms: performance.now() - began, loss };
  }

  /** The base is that of step.py: weights and optimizer state exist, gradients and activations are gone and given back. */
  async function memory(): Promise<object> {
    const base = settle(() => engine.trim());
    for (let i = 0; i < 3; i++) await trainer.step();
    const rssBytes = residentBytes('VmHWM') - base;
    const timeline = trainer.watch(watch.memoryTimeline());
    const { savedBytes } = await trainer.step();
    return { rssBytes, savedBytes, peakBytes: Math.max(...(timeline.table().array('activationBytes') as number[])) };
  }

  for (let i = 0; i < 2; i++) await trainer.step();
  say({ ready: true, isa: engine.isa, threads: engine.threads });
  for await (const line of createInterface({ input: process.stdin })) say(await { step, memory }[JSON.parse(line) as 'step' | 'memory']());
  process.exit();
}

/** Gives freed memory back, forgets the high-water mark, and returns the resident bytes. */
function settle(trim: () => void): number {
  globalThis.gc?.();
  trim();
  writeFileSync('/proc/self/clear_refs', '5');
  return residentBytes('VmRSS');
}

function residentBytes(key: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

void main(JSON.parse(process.argv[2] as string) as Config);
