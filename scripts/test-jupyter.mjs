// npm run test:jupyter: the kernel in real front ends. nbconvert runs a notebook; JupyterLab, driven by headless Chromium, runs, interrupts,
// completes and reopens one. Installs JupyterLab, nbconvert and playwright-core into .venv-jupyter; Chromium comes from the system.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, hasJupyter, installJupyter, venv } from './jupyter.mjs';
import { lab } from './jupyter-checks.mjs';
import { prepare, prepareNotebooks, root, run } from './prepare.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

prepare();
prepareNotebooks();
if (!hasJupyter('lab') || !hasJupyter('nbconvert'))
  installJupyter(['jupyterlab>=4', 'nbconvert>=7'], 'about 60 MB to download, 230 MB on disk');
if (!existsSync(join(venv, 'node_modules/playwright-core')))
  run('npm', ['install', '--prefix', venv, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', 'playwright-core@1.65.1']);
if (!CHROMIUM) {
  console.error('this needs Chromium (on Debian: apt-get install --no-install-recommends chromium)');
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'mesa-lab-jupyter-'));
const env = {
  ...environment(),
  JUPYTER_CONFIG_DIR: join(folder, 'config'),
  JUPYTER_DATA_DIR: join(folder, 'data'),
  IPYTHONDIR: join(folder, 'ipython'),
};
symlinkSync(join(root, 'notebooks/node_modules'), join(folder, 'node_modules'));
const synthetic = JSON.parse(readFileSync(join(root, 'test/jupyter/synthetic.ipynb'), 'utf8'));

let failed = 0;
try {
  await check('nbconvert runs a notebook with the kernel', nbconvert);
  await check('JupyterLab', () => inLab(lab(synthetic)));
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(failed === 0 ? 0 : 1);

async function check(title, f) {
  const began = performance.now();
  const problem = await f().catch((e) => e);
  if (problem) failed++;
  console.log(`${problem ? 'FAILED' : 'ok    '} ${title} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  if (problem) console.log(problem.stack ?? problem);
}

/** All cells but those of the Interrupt, and a failing one that is to fail. */
async function nbconvert() {
  const [heading, ...cells] = synthetic.cells;
  const execute = (name, extra) => {
    const notebook = { ...synthetic, cells: [heading, ...cells.slice(0, 3), ...extra] };
    writeFileSync(join(folder, name), JSON.stringify(notebook));
    const args = ['nbconvert', '--to', 'notebook', '--execute', '--inplace', join(folder, name)];
    const { status, stderr } = spawnSync('jupyter', args, { env, encoding: 'utf8', timeout: 300_000 });
    return { status, stderr, outputs: JSON.parse(readFileSync(join(folder, name), 'utf8')).cells.flatMap((cell) => cell.outputs ?? []) };
  };
  const { status, stderr, outputs } = execute('whole.ipynb', []);
  expect(status === 0, stderr);
  const printed = outputs.filter(({ name }) => name === 'stdout').flatMap(({ text }) => text);
  expect(
    printed
      .join('')
      .split('\n')
      .filter((line) => line.startsWith('line ')).length === 20_000,
    'not all lines arrived',
  );
  expect(
    outputs.some(({ data }) => data?.['image/png'] && data['text/html']),
    'no figure',
  );
  const boom = { ...cells[0], id: 'boom', source: 'throw new RangeError("boom");' };
  const wrong = execute('wrong.ipynb', [boom]);
  expect(wrong.status === 1 && wrong.stderr.includes('RangeError: boom'), wrong.stderr);
}

/** Starts JupyterLab and Chromium for what `use` does with them. */
async function inLab(use) {
  const { chromium } = createRequire(join(venv, 'here.js'))('playwright-core');
  const port = await freePort();
  const options = [
    `--ServerApp.root_dir=${folder}`,
    `--port=${port}`,
    '--IdentityProvider.token=',
    '--no-browser',
    '--LabApp.expose_app_in_browser=True',
  ];
  const isRoot = process.getuid?.() === 0;
  const server = spawn('jupyter', ['lab', ...options, ...(isRoot ? ['--allow-root'] : [])], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  server.stderr.on('data', (text) => (log += text));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: isRoot ? ['--no-sandbox'] : [] });
  try {
    const url = `http://127.0.0.1:${port}`;
    await until(
      () =>
        fetch(`${url}/api`).then(
          (answer) => answer.ok,
          () => false,
        ),
      180_000,
    );
    const page = await browser.newPage({ viewport: { width: 1200, height: 2400 } });
    page.setDefaultTimeout(180_000);
    await use({ page, url, folder, check: async (title, f) => check(`JupyterLab: ${title}`, f) });
  } catch (e) {
    console.log(log.split('\n').slice(-20).join('\n'));
    throw e;
  } finally {
    await browser.close();
    server.kill('SIGTERM');
    await Promise.race([new Promise((done) => server.once('exit', done)), new Promise((done) => setTimeout(done, 10_000))]);
    server.kill('SIGKILL');
  }
}

async function until(f, ms) {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((go) => setTimeout(go, 200))) if (await f()) return;
  throw new Error(`nothing answered in ${ms / 1000} s`);
}

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
