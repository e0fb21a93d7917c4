import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Engine, type Trainer, watch } from 'mesa-lab';

/** Makes training steps on demand: answers `step` and `memory` (see pytorch/steps.py), a line of JSON each, until its input ends. */
export async function serve(engine: Engine, trainer: Trainer): Promise<never> {
  async function step(): Promise<object> {
    const began = performance.now();
    const { loss } = await trainer.step();
    return { ms: performance.now() - began, loss };
  }

  /** The base is that of steps.py: weights and optimizer state exist, gradients and activations are gone and given back. */
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
