import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mnist } from '../data/data';
import type { Engine } from '../engine/engine';
import { type StartOptions, start } from '../engine/start';
import { writeAtomically } from '../files/atomic-write';
import { duration, mebibytes, percent } from '../show/format';
import { progress } from '../show/progress';
import { textTable } from '../show/text-table';
import { policies } from '../tape/policies';
import { deitInput } from './quickstart/deit-input';
import { type DeitRow, deitSteps, label } from './quickstart/deit-steps';
import { type DigitsPlan, type DigitsRun, stepsOf, trainDigits } from './quickstart/digits';
import { type Report, reportPage } from './quickstart/report';

// npm start: train the same vision Transformer under three policies, make one step of DeiT-Ti under each, and write a report.

const PLAN: DigitsPlan = {
  patchSize: 7,
  width: 64,
  depth: 2,
  heads: 4,
  batch: 60,
  epochs: 3,
  lr: 4e-3,
  initStd: 0.12,
  images: 60_000,
  testImages: 10_000,
};
/** What keeps the run under three minutes on two cores: WebAssembly takes three times as long a step, plain JavaScript hundreds of times. */
const SHORTER: Readonly<Partial<Record<Engine['form'], Partial<DigitsPlan>>>> = {
  wasm: { epochs: 2 },
  js: { epochs: 1, images: 1_200, testImages: 500 },
};
const OUT = 'out/quickstart';

/** `npm start -- --backend wasm` */
function options(): StartOptions {
  const { values } = parseArgs({ options: { backend: { type: 'string', default: 'auto' } } });
  return { backend: values.backend as NonNullable<StartOptions['backend']> };
}

async function main(): Promise<void> {
  const engine = await start(options());
  const slow = engine.form === 'js';
  const plan = { ...PLAN, ...SHORTER[engine.form] };
  if (slow) say('plain JavaScript is slow: this run is shortened, its accuracy means little, and the DeiT-Ti step is left out');

  const images = await mnist();
  const digits: DigitsRun[] = [];
  for (const policy of [policies.exact(), policies.mesa(), policies.plus()]) {
    const bar = progress(`MNIST, ${policy.name}:`, stepsOf(plan));
    const run = await trainDigits(engine, images, policy, plan, bar);
    bar.end(`${percent(run.accuracy)} of the test images right after ${duration(run.seconds * 1000)}`);
    digits.push(run);
  }
  const deit = slow ? undefined : await oneStepEach(engine);
  const report: Report = { engine, made: new Date().toISOString().slice(0, 16).replace('T', ' '), plan, digits, ...(deit ? { deit } : {}) };
  await write(report);
  say(summary(report));
}

async function oneStepEach(engine: Engine): Promise<NonNullable<Report['deit']>> {
  const input = await deitInput(16);
  const bar = progress('DeiT-Ti, 224 px, batch 16:', 9);
  const steps = await deitSteps(engine, input, (done, _, what) => bar.update(done, what));
  bar.end(`one step under every policy; weights: ${input.weightsFrom}`);
  return { ...steps, weightsFrom: input.weightsFrom, imagesFrom: input.imagesFrom };
}

async function write(report: Report): Promise<void> {
  const { engine, made, plan, digits, deit } = report;
  const { form, isa, threads } = engine;
  const perPolicy = Object.fromEntries(digits.map(({ policy, losses, ...run }) => [policy, { ...run, loss: losses.at(-1) }]));
  const summary = {
    engine: { form, isa, threads },
    made,
    plan,
    policies: perPolicy,
    deit: deit ? { weights: deit.weightsFrom, images: deit.imagesFrom, batch: 16, rows: deit.rows } : null,
  };
  await mkdir(OUT, { recursive: true });
  await writeAtomically(`${OUT}/summary.json`, [Buffer.from(`${JSON.stringify(summary, null, 2)}\n`)]);
  await writeAtomically(`${OUT}/report.html`, [Buffer.from(reportPage(report))]);
}

function summary({ digits, deit }: Report): string {
  const trained = textTable(
    ['MNIST', 'test accuracy', 'time', 'saved', 'peak'],
    digits.map((r) => [r.policy, percent(r.accuracy), duration(r.seconds * 1000), mebibytes(r.savedBytes), mebibytes(r.peakBytes)]),
  );
  const stepped =
    deit && textTable(['DeiT-Ti step, batch 16', 'saved', 'activation peak', 'time', 'cosine', 'relative error'], deit.rows.map(deitCells));
  return ['', trained, ...(stepped ? ['', stepped] : []), '', `report: ${resolve(OUT, 'report.html')}`].join('\n');
}

function deitCells(r: DeitRow): string[] {
  return [
    label(r.policy, r.microBatch),
    mebibytes(r.savedBytes),
    mebibytes(r.activationPeakBytes),
    duration(r.ms),
    r.cosine.toFixed(5),
    r.relativeError.toPrecision(2),
  ];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
