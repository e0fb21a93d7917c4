// Makes a checkout ready to run: installs what the lockfile names and builds what is newer than dist/. Node built-ins only.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Installs and builds where needed; ends the process with a sentence when that fails. */
export function prepare() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) fail(`mesa-lab needs Node 20.19 or newer, this is ${process.versions.node}`);
  if (!isInstalled()) {
    console.log('installing the packages of package-lock.json (about 460 MB, no install scripts) ...');
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  if (!isBuilt()) {
    console.log('building dist/ ...');
    run(process.execPath, [join(root, 'scripts/build.mjs')]);
  }
}

/** Installs the notebooks' own packages: the kernel and what runs and prints notebooks. */
export function prepareNotebooks() {
  if (isInstalled('notebooks')) return;
  console.log('installing the packages of notebooks/ (about 110 MB, no install scripts) ...');
  run('npm', ['ci', '--prefix', 'notebooks', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Runs a command in the repository's root with its output shown; ends the process when it fails. */
export function run(command, args, options = {}) {
  const npm = process.env.npm_execpath; // the npm that runs us, where there is one: it need not be on PATH
  const [file, all] = command === 'npm' && npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : [command, args];
  const shell = process.platform === 'win32' && file === 'npm';
  const { status, error } = spawnSync(file, all, { cwd: root, stdio: 'inherit', shell, ...options });
  if (status !== 0) fail(`${[command, ...args].join(' ')} failed: ${error?.message ?? `exit code ${status}`}`, status ?? 1);
}

function fail(sentence, status = 1) {
  console.error(sentence);
  process.exit(status || 1);
}

/** Whether node_modules holds every package of the lockfile in its version; optional ones for other platforms may be absent. */
function isInstalled(folder = '.') {
  const installed = readPackages(join(folder, 'node_modules/.package-lock.json'));
  const wanted = readPackages(join(folder, 'package-lock.json'));
  const isOurs = (path) => path === '' || path === '..';
  return Object.entries(wanted).every(([path, { version, optional }]) => isOurs(path) || optional || installed[path]?.version === version);
}

function readPackages(path) {
  const file = join(root, path);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

function isBuilt() {
  const built = join(root, 'dist/index.js');
  const sources = ['kernel-lib', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'];
  return existsSync(built) && newest(sources) <= statSync(built).mtimeMs;
}

function newest(paths) {
  let latest = 0;
  for (const path of paths) {
    const file = join(root, path);
    const stat = statSync(file);
    latest = Math.max(latest, stat.mtimeMs, stat.isDirectory() ? newest(readdirSync(file).map((name) => join(path, name))) : 0);
  }
  return latest;
}
