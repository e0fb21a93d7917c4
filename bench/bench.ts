// npm run bench -- step|memory|fidelity|watchers|slices|augment|input|conv|models [--json FILE] [--settings A,B,C] [--policies exact,plus] [--forms native,wasm] [--rounds 10] [--only REGEX] [--no-pytorch] [--quick]
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { policies } from 'mesa-lab';
import { augmentTable, augmentTimes } from './augment';
import { convTable, convTimes } from './conv';
import { fidelity, fidelityTable } from './fidelity';
import { inputTable, inputTimes } from './input';
import { memoryTable, memoryUse } from './memory';
import { modelsTable, modelTimes } from './models';
import { pytorchPython } from './pytorch-venv';
import { type Setting, settings } from './settings';
import { slicePeaks, slicesTable } from './slices';
import { stepTable, stepTimes } from './step';
import { watchersCost, watchersTable } from './watchers';

const USAGE =
  'npm run bench -- step|memory|fidelity|watchers|slices|augment|input|conv|models [--json FILE] [--settings A,B,C] [--policies exact,mesa] [--forms native,wasm,js] [--rounds 10] [--threads 2] [--only REGEX] [--no-pytorch] [--quick]';
const WITHOUT_PYTORCH: readonly (string | undefined)[] = ['fidelity', 'watchers', 'slices', 'augment', 'input'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    json: { type: 'string' },
    settings: { type: 'string', default: 'A' },
    policies: { type: 'string' },
    forms: { type: 'string', default: 'native,wasm' },
    rounds: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: String(availableParallelism()) },
    pytorch: { type: 'boolean', default: true },
    quick: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const [command] = positionals;
  const list = (text: string): string[] => text.split(',').filter(Boolean);
  const pytorch = values.pytorch && !values.quick && !WITHOUT_PYTORCH.includes(command);
  const options = {
    policies: values.policies === undefined ? allPolicies(command) : list(values.policies),
    forms: list(values.forms),
    micros: values.quick ? [] : [1, 2, 4],
    only: new RegExp(values.only),
    rounds: values.quick ? 2 : Number(values.rounds),
    threads: Number(values.threads),
    pytorch,
    python: pytorch ? pytorchPython() : '',
  };
  const chosen = (values.quick ? ['quick'] : list(values.settings)).map(settingOf);
  const results: unknown[] = [];
  if (command === 'step') for (const s of chosen) results.push(shown(await stepTimes(s, options), stepTable));
  else if (command === 'memory') for (const s of chosen) results.push(shown(await memoryUse(s, options), memoryTable));
  else if (command === 'fidelity') results.push(shown(await fidelity(options.policies, options.threads), fidelityTable));
  else if (command === 'watchers') for (const s of chosen) results.push(shown(await watchersCost(s, options), watchersTable));
  else if (command === 'slices') for (const s of chosen) results.push(shown(slicePeaks(s, options.policies, options.threads), slicesTable));
  else if (command === 'augment') results.push(shown(augmentTimes(options), augmentTable));
  else if (command === 'input') for (const s of chosen) results.push(shown(await inputTimes(s, options), inputTable));
  else if (command === 'conv') results.push(shown(await convTimes({ ...options, quick: values.quick }), convTable));
  else if (command === 'models') results.push(shown(await modelTimes({ ...options, quick: values.quick }), modelsTable));
  else throw new Error(USAGE);
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    threads: options.threads,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
  if (values.json)
    writeFileSync(values.json, `${JSON.stringify({ command, made: new Date().toISOString(), machine, results }, null, 2)}\n`);
}

/** Those that are run unless some are named. */
function allPolicies(command: string | undefined): string[] {
  return command === 'models' ? ['exact', 'mesa', 'plus', 'norms'] : Object.keys(policies);
}

function settingOf(name: string): Setting {
  const setting = settings[name];
  if (!setting) throw new Error(`no setting '${name}': ${Object.keys(settings).join(', ')}`);
  return setting;
}

function shown<T>(result: T, table: (result: T) => string): T {
  process.stdout.write(`${table(result)}\n\n`);
  return result;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
