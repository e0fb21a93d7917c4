// npm run experiment -- NAME [--data DIR] [--seeds 1,2,3] [--only REGEX] [--threads N] [--set key=value]
// Does what the log docs/runs/NAME.jsonl lacks, a line a run; cut off, it goes on where it was. NAME `report` writes docs/reproduction.md.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { recipes, start } from 'mesa-lab';
import { folderChecksum } from '../checksum';
import { completeLog, readLog } from '../run-log';
import { camvid, fourClasses, reinvested, smoke } from './ade20k';
import { along } from './along';
import { type Arm, runArm } from './arm';
import { enlarged, finetuned, finetunedLong, fromScratch } from './cifar100';
import * as imagenet from './imagenet';
import { writeReport } from './report';
import { reports } from './reports';

interface Experiment {
  readonly arms: readonly Arm[];
  /** Folder within the data folder. */
  readonly data: string;
  /** Starts from the weights in the data folder. */
  readonly pretrained?: boolean;
  /** Instead of `runArm`. */
  readonly run?: (arm: Arm, seed: number, folder: string) => Promise<object>;
}

const onSample = { data: 'imagenet-sample', pretrained: true } as const;

const EXPERIMENTS: Readonly<Record<string, Experiment>> = {
  'cifar100-scratch': { arms: fromScratch, data: 'cifar100' },
  'cifar100-finetune': { arms: finetuned, data: 'cifar100', pretrained: true },
  'cifar100-finetune-long': { arms: finetunedLong, data: 'cifar100', pretrained: true },
  'cifar100-reinvest': { arms: enlarged, data: 'cifar100' },
  'imagenet-finetune': { ...onSample, arms: imagenet.finetuned, run: (...run) => along(...run, { look: 9, evaluate: 12 }) },
  'imagenet-ranges': { ...onSample, arms: imagenet.ranged, run: (...run) => along(...run, { look: 6, values: true }) },
  'ade20k-4class': { arms: fourClasses, data: 'ade20k-4class', pretrained: true },
  camvid: { arms: camvid, data: 'camvid-sample', pretrained: true },
  'ade20k-smoke': { arms: smoke, data: 'ade20k-sample' },
  'ade20k-reinvest': { arms: reinvested, data: 'ade20k-4class', pretrained: true },
};

const root = join(__dirname, '../../..');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string', default: process.env.MESA_DATA ?? join(root, '../shared/data') },
      seeds: { type: 'string', default: '1,2,3' },
      only: { type: 'string', default: '' },
      threads: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
    },
  });
  const [name = ''] = positionals;
  if (name === 'report') return writeReport(root, reports, readLog);
  const experiment = EXPERIMENTS[name];
  if (!experiment) throw new Error(`there is no experiment '${name}': ${Object.keys(EXPERIMENTS).join(', ')}`);
  const engine = await start(values.threads ? { threads: Number(values.threads) } : {});
  const folder = join(values.data, experiment.data);
  const about = { commit: commit(), node: process.version, isa: engine.isa, threads: engine.threads, data: folderChecksum(folder) };
  const weights = join(values.data, 'weights/deit_tiny_patch16_224_lnq.safetensors');
  const set = {
    'data.workers': 0, // training takes all cores
    ...(existsSync(weights) && experiment.pretrained && { 'model.pretrained': weights }),
    ...recipes.parseOverrides(values.set),
  };
  const seeds = values.seeds.split(',').map(Number);
  const arms = experiment.arms.filter(({ arm }) => new RegExp(values.only).test(arm));
  const runs = seeds.flatMap((seed) => arms.map((arm) => ({ arm: arm.arm, seed })));
  await completeLog(join(root, `docs/runs/${name}.jsonl`), runs, async (run) => {
    const arm = arms.find((a) => a.arm === run.arm) as Arm;
    const result = await (experiment.run ?? runArm)({ ...arm, set: { ...set, ...arm.set } }, run.seed, folder);
    return { ...result, ...about };
  });
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

main().catch((e: Error) => {
  console.error(e.message);
  process.exitCode = 1;
});
