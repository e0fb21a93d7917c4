// npm run test:jupyter: the kernel in real front ends. nbconvert runs notebooks; JupyterLab, driven by headless Chromium, runs, interrupts,
// completes and reopens them. Installs JupyterLab, nbconvert and playwright-core into .venv-jupyter; Chromium comes from the system.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment, hasJupyter, installJupyter, venv } from './jupyter.mjs';
import { quickstart, synthetic } from './jupyter-checks.mjs';
import { checkAlike, checkExecuted } from './notebook-checks.mjs';
import { prepare, prepareNotebooks, root, run } from './prepare.mjs';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const PATIENCE_MS = 900_000; // for anything: machines are busy

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
  MESA_DATA: 'none',
};
const kept = join(root, 'notebooks/00-quickstart.ipynb');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const plain = read(join(root, 'test/jupyter/synthetic.ipynb'));
symlinkSync(join(root, 'notebooks/node_modules'), join(folder, 'node_modules'));
// The notebooks' own modules import one another: whole, so that a new one is not forgotten here.
for (const name of readdirSync(join(root, 'notebooks')).filter((name) => name.endsWith('.ts')))
  cpSync(join(root, 'notebooks', name), join(folder, name));

// Whatever ends this ends what it started; kernels end with their Jupyter.
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

let failed = 0;
await check('nbconvert runs a notebook with the kernel', nbconvertSynthetic);
await check('nbconvert runs 00-quickstart', nbconvertQuickstart);
await check('JupyterLab', () => inLab(synthetic, quickstart));
process.exit(failed === 0 ? 0 : 1);

async function check(title, f) {
  const began = performance.now();
  const problem = await f().then(
    () => null,
    (e) => e,
  );
  if (problem) failed++;
  console.log(`${problem ? 'FAILED' : 'ok    '} ${title} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  if (problem) console.log(problem.stack ?? problem);
  return !problem;
}

/** All cells but those of the Interrupt, and a failing one that is to fail. */
async function nbconvertSynthetic() {
  const [heading, ...cells] = plain.cells;
  const execute = async (name, extra) => {
    write(name, { ...plain, cells: [heading, ...cells.slice(0, 3), ...extra] });
    return { ...(await nbconvert(name)), outputs: read(join(folder, name)).cells.flatMap((cell) => cell.outputs ?? []) };
  };
  const { status, log, outputs } = await execute('whole.ipynb', []);
  expect(status === 0, log);
  const printed = outputs.filter(({ name }) => name === 'stdout').flatMap(({ text }) => text);
  expect(printed.join('').match(/^line /gm)?.length === 20_000, 'not all lines arrived');
  expect(
    outputs.some(({ data }) => data?.['image/png'] && data['text/html']),
    'no figure',
  );
  const boom = { ...cells[0], id: 'boom', source: 'throw new RangeError("boom");' };
  const wrong = await execute('wrong.ipynb', [boom]);
  expect(wrong.status === 1 && wrong.log.includes('RangeError: boom'), wrong.log);
}

async function nbconvertQuickstart() {
  write('quickstart.ipynb', oneEpoch(read(kept)));
  const { status, log } = await nbconvert('quickstart.ipynb');
  expect(status === 0, log);
  checkExecuted(join(folder, 'quickstart.ipynb'));
  checkAlike(join(folder, 'quickstart.ipynb'), kept);
}

async function nbconvert(name) {
  const { child, log, exit } = jupyter(['nbconvert', '--to', 'notebook', '--execute', '--inplace', join(folder, name)]);
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS); // its kernel ends with it
  const status = await exit;
  clearTimeout(timer);
  return { status, log: log() };
}

function jupyter(args) {
  const child = spawn('jupyter', args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  children.add(child);
  let log = '';
  child.stderr.on('data', (text) => (log += text));
  const exit = new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal)));
  void exit.then(() => children.delete(child));
  return { child, log: () => log, exit };
}

/** Starts JupyterLab and Chromium for what each of `uses` does with them. */
async function inLab(...uses) {
  const { chromium } = createRequire(join(venv, 'here.js'))('playwright-core');
  write('synthetic.ipynb', plain);
  write('00-quickstart.ipynb', oneEpoch(read(kept)));
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  const options = [
    `--ServerApp.root_dir=${folder}`,
    `--port=${port}`,
    '--IdentityProvider.token=',
    '--no-browser',
    '--LabApp.expose_app_in_browser=True',
    '--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=100000000', // as npm run lab has it
    ...(isRoot ? ['--allow-root'] : []),
  ];
  const { child, log, exit } = jupyter(['lab', ...options]);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: isRoot ? ['--no-sandbox'] : [], timeout: PATIENCE_MS });
  try {
    const url = `http://127.0.0.1:${port}`;
    const answers = () =>
      fetch(`${url}/api`).then(
        (answer) => answer.ok,
        () => false,
      );
    await until(answers);
    for (const use of uses) {
      const page = await browser.newPage({ viewport: { width: 1200, height: 2400 } });
      page.setDefaultTimeout(PATIENCE_MS);
      await use({ page, url, folder, check: (title, f) => check(`JupyterLab: ${title}`, f) });
      await page.close();
    }
  } catch (e) {
    console.log(log().split('\n').slice(-20).join('\n'));
    throw e;
  } finally {
    await browser.close();
    child.kill('SIGTERM');
    await Promise.race([exit, new Promise((done) => setTimeout(done, 10_000))]);
    child.kill('SIGKILL');
  }
}

/** Not run yet, and to be trained for a third of the time: `npm start` runs it in full. */
function oneEpoch(notebook) {
  const cells = notebook.cells.map((cell) => {
    if (cell.cell_type !== 'code') return cell;
    return { ...cell, source: [cell.source].flat().join('').replace("'native' ? 3", "'native' ? 1"), outputs: [], execution_count: null };
  });
  return { ...notebook, cells };
}

async function until(f) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await new Promise((go) => setTimeout(go, 200))) if (await f()) return;
  throw new Error(`nothing answered in ${PATIENCE_MS / 1000} s`);
}

function write(name, notebook) {
  writeFileSync(join(folder, name), JSON.stringify(notebook));
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
