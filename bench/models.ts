import { join } from 'node:path';
import { fixed, mebibytes } from '#lab/show/format';
import { textTable } from '#lab/show/text-table';
import { pytorchFile, type RivalOptions } from './contenders';
import type { Memory } from './memory';
import type { FloorAnswer } from './model-floor';
import { type ModelSetting, modelSettings, quickModels } from './model-settings';
import { interleaved, type Times, timesOf } from './rounds';
import { Worker } from './worker';

export interface ModelOptions extends RivalOptions {
  readonly policies: readonly string[];
}

/** Step times and memory of a model, taken in one run, beside the products of its graph alone. */
export interface ModelTimes {
  readonly setting: ModelSetting;
  readonly rounds: number;
  readonly floor: Times & { readonly peakGflops: number; readonly parts: readonly FloorPart[] };
  readonly rows: readonly ({ readonly name: string } & Times & Memory)[];
}

interface FloorPart extends Times {
  readonly kind: string;
  readonly gflops: number;
}

const FLOOR = 'products alone';
const PYTORCH = 'PyTorch';

/** Times every model, one after another. */
export async function modelTimes(options: ModelOptions): Promise<ModelTimes[]> {
  const chosen = (options.quick ? quickModels : modelSettings).filter(({ name }) => options.only.test(name));
  const all: ModelTimes[] = [];
  for (const setting of chosen) all.push(await timesOfModel(setting, options));
  return all;
}

async function timesOfModel(setting: ModelSetting, options: ModelOptions): Promise<ModelTimes> {
  const workers: Worker[] = [];
  try {
    for (const start of starters(setting, options)) {
      const worker = start();
      workers.push(worker);
      process.stderr.write(`${setting.name}: ${worker.name} warms up\n`);
      await worker.ready(); // one after another: warming up together would take the processor from each other
    }
    const answers = await interleaved<{ readonly ms: number }>(workers, options.rounds, (round) =>
      process.stderr.write(`${setting.name}: round ${round + 1} of ${options.rounds}\n`),
    );
    const rows = [];
    for (const worker of workers.slice(1)) {
      const times = timesOf((answers.get(worker.name) ?? []).map(({ ms }) => ms));
      rows.push({ name: worker.name, ...times, ...(await worker.ask<Memory>('memory')) });
    }
    return { setting, rounds: options.rounds, floor: floorOf(answers.get(FLOOR) as FloorAnswer[]), rows };
  } finally {
    for (const worker of workers) worker.end();
  }
}

function starters(setting: ModelSetting, { policies, forms: [form = 'native'], threads, python }: ModelOptions): (() => Worker)[] {
  const shared = { setting, threads, form };
  const ours = (name: string, file: string, config: object) => () =>
    new Worker(name, process.execPath, ['--expose-gc', join(__dirname, file), JSON.stringify(config)]);
  return [
    ours(FLOOR, 'model-floor.js', shared),
    ...policies.map((policy) => ours(policy, 'model-worker.js', { ...shared, policy })),
    ...(python ? [() => new Worker(PYTORCH, python, [pytorchFile('model.py'), JSON.stringify(shared)])] : []),
  ];
}

function floorOf(answers: readonly FloorAnswer[]): ModelTimes['floor'] {
  const parts = Object.entries(answers[0]?.parts ?? {}).map(([kind, { flops }]) => {
    const times = timesOf(answers.map((a) => a.parts[kind]?.ms ?? 0));
    return { kind, ...times, gflops: flops / times.min / 1e6 };
  });
  return { ...timesOf(answers.map(({ ms }) => ms)), peakGflops: Math.max(...answers.map((a) => a.peakGflops)), parts };
}

/** Ratios are those of the minima. */
export function modelsTable(all: readonly ModelTimes[]): string {
  return all.map(modelTable).join('\n\n');
}

function modelTable({ setting, rounds, floor, rows }: ModelTimes): string {
  const rival = rows.find(({ name }) => name === PYTORCH)?.min;
  const ratio = (ms: number, to: number | undefined): string => (to === undefined ? '-' : (ms / to).toFixed(2));
  const bytes = (n: number | null): string => (n === null ? '-' : mebibytes(n));
  const parts = floor.parts.map(({ kind, min, gflops }) => `${kind} ${fixed(min)} ms at ${fixed(gflops)} GFLOP/s`);
  return [
    `${setting.name}; ${rounds} interleaved steps`,
    textTable(
      ['step', 'min, ms', 'median, ms', 'of floor', 'of PyTorch', 'saved', 'activation peak', 'process, peak'],
      [
        [`floor (${FLOOR})`, fixed(floor.min), fixed(floor.median), '1.00', ratio(floor.min, rival), '', '', ''],
        ...rows.map((r) => [
          r.name,
          fixed(r.min),
          fixed(r.median),
          ratio(r.min, floor.min),
          ratio(r.min, rival),
          bytes(r.savedBytes),
          bytes(r.peakBytes),
          bytes(r.rssBytes),
        ]),
      ],
    ),
    `floor: ${parts.join(', ')}; FMA peak ${fixed(floor.peakGflops)} GFLOP/s`,
  ].join('\n');
}
