// npm run experiment -- NAME [--data DIR] [--seeds 1,2,3] [--only REGEX] [--threads N] [--set key=value]
// Does what the log docs/runs/NAME.jsonl lacks, a line a run; cut off, it goes on where it was.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { recipes, start } from 'mesa-lab';
import { completeLog } from '../run-log';
import { type Arm, runArm } from './arm';
import { finetuned, fromScratch } from './cifar100';

interface Experiment {
  readonly arms: readonly Arm[];
  /** Folder within the data folder. */
  readonly data: string;
}

const EXPERIMENTS: Readonly<Record<string, Experiment>> = {
  'cifar100-scratch': { arms: fromScratch, data: 'cifar100' },
  'cifar100-finetune': { arms: finetuned, data: 'cifar100' },
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
  const experiment = EXPERIMENTS[name];
  if (!experiment) throw new Error(`there is no experiment '${name}': ${Object.keys(EXPERIMENTS).join(', ')}`);
  const engine = await start(values.threads ? { threads: Number(values.threads) } : {});
  const about = { commit: commit(), node: process.version, isa: engine.isa, threads: engine.threads };
  const weights = join(values.data, 'weights/deit_tiny_patch16_224_lnq.safetensors');
  const set = {
    'data.workers': 0, // training takes all cores
    ...(existsSync(weights) && usesWeights(experiment) && { 'model.pretrained': weights }),
    ...recipes.parseOverrides(values.set),
  };
  const seeds = values.seeds.split(',').map(Number);
  const arms = experiment.arms.filter(({ arm }) => new RegExp(values.only).test(arm));
  const runs = seeds.flatMap((seed) => arms.map((arm) => ({ arm: arm.arm, seed })));
  await completeLog(join(root, `docs/runs/${name}.jsonl`), runs, async (run) => {
    const arm = arms.find((a) => a.arm === run.arm) as Arm;
    const result = await runArm({ ...arm, set: { ...set, ...arm.set } }, run.seed, join(values.data, experiment.data));
    return { ...result, ...about };
  });
}

const usesWeights = ({ arms }: Experiment): boolean => arms.some((a) => a.size === 'finetune');

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
