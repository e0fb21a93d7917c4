// Jupyter for this checkout: one that is there, or one in .venv-jupyter.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, run } from './prepare.mjs';

export const venv = join(root, '.venv-jupyter');
const bin = join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');

/** An environment in which Jupyter finds our kernel and can start it with the Node that runs us. */
export function environment() {
  const { JUPYTER_PATH, PATH, ...rest } = process.env;
  const list = (...parts) => parts.filter(Boolean).join(delimiter);
  return { ...rest, JUPYTER_PATH: list(join(root, 'notebooks'), JUPYTER_PATH), PATH: list(join(process.execPath, '..'), bin, PATH) };
}

/** Whether `jupyter NAME` works. */
export function hasJupyter(name) {
  return spawnSync('jupyter', [name, '--version'], { env: environment(), stdio: 'ignore' }).status === 0;
}

/** Installs packages from PyPI into .venv-jupyter; says what and how much first. */
export function installJupyter(packages, size) {
  console.log(`installing ${packages.join(', ')} into ${venv} (${size}; delete the folder to undo) ...`);
  if (!existsSync(venv)) run(findPython(), ['-m', 'venv', venv]);
  run(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
}

function findPython() {
  const found = ['python3', 'python'].find((name) => spawnSync(name, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0);
  if (found) return found;
  console.error('JupyterLab needs Python 3 with venv (on Debian: apt-get install python3-venv); without it: npx mesa-lab notebook run');
  process.exit(1);
}
