import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const TORCH = 'torch==2.15.0';
const SIZE = '5.4 GB';

/** The Python of MESA_BENCH_PYTHON, else of a venv that is made here once. */
export function pytorchPython(): string {
  const given = process.env.MESA_BENCH_PYTHON;
  if (given) return given;
  const python = resolve('.venv-bench/bin/python');
  if (existsSync(python)) return python;
  process.stderr.write(
    `installing ${TORCH} into .venv-bench: ${SIZE} (MESA_BENCH_PYTHON takes a Python that has it, --no-pytorch does without)\n`,
  );
  run('python3', ['-m', 'venv', '.venv-bench']);
  run(python, ['-m', 'pip', 'install', '--quiet', TORCH, 'numpy']);
  return python;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? `exit code ${status}`}`);
}
