import { join } from 'node:path';
import { fixed } from '#lab/show/format';
import { textTable } from '#lab/show/text-table';
import { type Choice, type Contender, cannotRun, contendersOf, startContender } from './contenders';
import { productFlops } from './floor';
import { interleaved, type Times, timesOf } from './rounds';
import type { Setting } from './settings';
import { Worker } from './worker';

export interface StepOptions extends Choice {
  readonly rounds: number;
  readonly threads: number;
  readonly python: string;
}

/** Step times of a setting, all taken in one run. */
export interface StepTimes {
  readonly setting: Setting;
  readonly rounds: number;
  readonly floor: Times & { readonly gflops: number; readonly peakGflops: number; readonly counts: boolean };
  readonly times: readonly (Contender & Times)[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

interface Answer {
  readonly ms: number;
  readonly peakGflops?: number;
}

const FLOOR = 'floor';
const FLOOR_COUNTS = 0.85; // of the FMA peak

/** Times the step of every contender, round robin, beside the floor. */
export async function stepTimes(setting: Setting, options: StepOptions): Promise<StepTimes> {
  const all = contendersOf(setting, options);
  const skipped = skippedOf(all, setting);
  const able = all.filter((c) => !skipped.some(({ name }) => name === c.name));
  const starts = [
    (): Worker => floorWorker(setting, options),
    ...able.map((c) => (): Worker => startContender(c, setting, options.threads, options.python)),
  ];
  const workers: Worker[] = [];
  try {
    for (const [i, start] of starts.entries()) {
      const worker = start();
      workers.push(worker);
      process.stderr.write(`setting ${setting.name}: ${i + 1} of ${starts.length} warms up: ${worker.name}\n`);
      await worker.ready(); // one after another: warming up together would take the processor from each other
    }
    const answers = await interleaved<Answer>(workers, options.rounds, (round) =>
      process.stderr.write(`setting ${setting.name}: round ${round + 1} of ${options.rounds}\n`),
    );
    const times = (name: string): Times => timesOf((answers.get(name) ?? []).map(({ ms }) => ms));
    const peakGflops = Math.max(...(answers.get(FLOOR) ?? []).map((a) => a.peakGflops ?? 0));
    const gflops = productFlops(setting) / times(FLOOR).min / 1e6;
    return {
      setting,
      rounds: options.rounds,
      floor: { ...times(FLOOR), gflops, peakGflops, counts: gflops >= FLOOR_COUNTS * peakGflops },
      times: able.map((c) => ({ ...c, ...times(c.name) })),
      skipped,
    };
  } finally {
    for (const worker of workers) worker.end();
  }
}

function skippedOf(all: readonly Contender[], setting: Setting): { name: string; why: string }[] {
  return all.flatMap((c) => {
    const why = cannotRun(c, setting);
    return why === null ? [] : [{ name: c.name, why }];
  });
}

function floorWorker(setting: Setting, { threads, forms: [form = 'native'] }: StepOptions): Worker {
  return new Worker(FLOOR, process.execPath, [join(__dirname, 'floor.js'), JSON.stringify({ setting, threads, form })]);
}

/** The table of a setting: ratios are those of the minima. */
export function stepTable({ setting, rounds, floor, times, skipped }: StepTimes): string {
  const rival = times.find(({ name }) => name === 'PyTorch sdpa');
  const ratio = (ms: number, to: number | undefined): string => (to === undefined ? '-' : (ms / to).toFixed(2));
  const rows = times.map((t) => [t.name, fixed(t.min), fixed(t.median), ratio(t.min, floor.min), ratio(t.min, rival?.min)]);
  const percent = ((100 * floor.gflops) / floor.peakGflops).toFixed(0);
  return [
    `setting ${setting.name}: ${setting.what}; ${rounds} interleaved steps`,
    textTable(
      ['step', 'min, ms', 'median, ms', 'of floor', 'of PyTorch sdpa'],
      [['floor (products alone)', fixed(floor.min), fixed(floor.median), '1.00', ratio(floor.min, rival?.min)], ...rows],
    ),
    `floor: ${fixed(floor.gflops)} of ${fixed(floor.peakGflops)} GFLOP/s FMA peak (${percent} %)${floor.counts ? '' : ': below 85 %, so it does not count as a floor'}`,
    ...skipped.map(({ name, why }) => `left out: ${name}: ${why}`),
  ].join('\n');
}
