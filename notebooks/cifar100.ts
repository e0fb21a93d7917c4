// What 05-cifar100.ipynb needs beside the library and runs.ts: the data where they are, the first steps of some arms, the bytes of its model.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { adamw, dryEngine, models, planStep, policies, recipes } from 'mesa-lab';
import { folderChecksum } from './checksum';
import type { Arm } from './experiments/arm';
import { fromScratch } from './experiments/cifar100';
import { nudge } from './experiments/nudge';
import { byArm, lookOf, type Run } from './runs';
import { storedResults } from './stored';

export * from './largest-within';
export * from './runs';
export * from './show-log';

const places = [process.env.MESA_DATA ?? '../../shared/data', '../datasets'].map((place) => resolve(place, 'cifar100'));
const folder = places.find((place) => existsSync(join(place, 'test.bin'))) ?? '';

/** Whether this run measures; if not it shows what was stored. */
export const isReal: boolean = folder !== '';

export const { measured, origin } = storedResults('05-cifar100', isReal);

/** The first steps of an arm. */
export interface FirstSteps {
  readonly arm: string;
  readonly losses: readonly number[];
  readonly savedBytes: number;
  readonly peakBytes: number;
  readonly clamped: number;
}

/** The first steps of arms of the experiment from scratch, from one start on the same batches; and where they were made. */
export async function firstSteps(
  names: readonly string[],
  steps: number,
): Promise<{ readonly runs: FirstSteps[]; readonly about: string }> {
  const runs: FirstSteps[] = [];
  for (const name of names) runs.push(await begin(fromScratch.find(({ arm }) => arm === name) as Arm, steps));
  const about = `seed 1, ${steps} steps; data ${folderChecksum(folder)}; Node ${process.version}`;
  return { runs, about };
}

async function begin({ arm, recipe: name, size = 'full', policy, nudged }: Arm, steps: number): Promise<FirstSteps> {
  const recipe = await recipes.read(name, { size, set: { seed: 1, 'data.workers': 0 } });
  const run = await recipes.build(recipe, { folder });
  try {
    if (policy) run.trainer.setPolicy(policy);
    if (nudged) nudge(run.model);
    const losses: number[] = [];
    let [savedBytes, peakBytes, clamped] = [0, 0, 0];
    await run.trainer.fit({
      steps,
      onStep: (report) => {
        losses.push(report.loss);
        savedBytes = Math.max(savedBytes, report.savedBytes);
        peakBytes = Math.max(peakBytes, report.peakBytes);
        clamped += report.saturated;
      },
    });
    return { arm, losses, savedBytes, peakBytes, clamped };
  } finally {
    run.dispose();
  }
}

/** How far the loss of each run is from that of the first one, step by step. */
export function departures([reference, ...others]: readonly FirstSteps[], title: string): { data: object[]; layout: object } {
  return {
    data: others.map(({ arm, losses }) => ({
      type: 'scatter',
      mode: 'lines',
      name: arm,
      ...lookOf(arm),
      x: losses.map((_, i) => i + 1),
      y: losses.map((loss, i) => Math.abs(loss - (reference?.losses[i] as number)) || null), // equal: no point on a logarithmic axis
    })),
    layout: {
      title: { text: title },
      xaxis: { title: { text: 'step' } },
      yaxis: { title: { text: `|loss − loss of ${reference?.arm}|` }, type: 'log' },
    },
  };
}

export interface Shape {
  readonly batch?: number;
  readonly depth?: number;
  readonly accumulate?: number;
}

/** The bytes at the peak of a step of the model that is trained from scratch. */
export function peakOf(policy: 'exact' | 'mesa' | 'plus' | 'norms', { batch = 64, depth = 4, accumulate = 1 }: Shape = {}): number {
  const { graph } = models.vit({ imageSize: 32, patchSize: 8, classes: 100, width: 64, heads: 4, depth, engine: dryEngine() });
  return planStep({ graph, policy: policies[policy](), batch, accumulate, optimizer: adamw({ lr: 1e-3 }), threads: 2 }).peakBytes;
}

/** The bytes of a step of DeiT-Ti with 100 classes: saved, and at the peak. */
export function deitBytes(side: number, batch: number, accumulate: number = 1): Record<string, string | number>[] {
  const { graph } = models.deitTiny({ imageSize: side, classes: 100, engine: dryEngine() });
  return (['exact', 'mesa', 'plus', 'norms'] as const).map((policy) => {
    const plan = planStep({ graph, policy: policies[policy](), batch, accumulate, optimizer: adamw({ lr: 1e-3 }), threads: 2 });
    return { policy, 'saved, MiB': plan.savedBytes / 2 ** 20, 'peak, MiB': plan.peakBytes / 2 ** 20 };
  });
}

/** What became of the bytes of `exact`: a row an arm. */
export function reinvested(runs: readonly Run[]): Record<string, string | number>[] {
  return [...byArm(runs)].map(([arm, own]) => {
    const mean = (of: (run: Run) => number): number => own.reduce((sum, run) => sum + of(run), 0) / own.length;
    const accuracies = own.map(({ accuracy }) => 100 * accuracy);
    return {
      arm,
      seeds: own.length,
      steps: own[0]?.steps as number,
      'test accuracy, %': mean(({ accuracy }) => 100 * accuracy).toFixed(2),
      'lowest … highest': `${Math.min(...accuracies).toFixed(2)} … ${Math.max(...accuracies).toFixed(2)}`,
      'images a second': Math.round(mean(({ imagesPerSecond }) => imagesPerSecond)),
      'peak, MiB': Math.max(...own.map(({ peakBytes }) => peakBytes)) / 2 ** 20,
    };
  });
}
