// npm run test:notebooks [-- 01 03]: every notebook, or those that begin so, from top to bottom in plain Node, its time, and whether what is kept of it may be kept.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const MOST_BYTES = 1.5e6;
const folder = join(root, 'notebooks');
const out = join(root, 'out/notebooks');
const wanted = process.argv.slice(2);
const env = { ...process.env, MESA_DATA: process.env.MESA_DATA ?? 'none' }; // 03 shows its stored results: CI has no weights
mkdirSync(out, { recursive: true });

let failed = 0;
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.ipynb') && (wanted.length === 0 || wanted.some((start) => name.startsWith(start))))
  .sort()) {
  const began = performance.now();
  const kept = join(folder, file);
  const limit = file.startsWith('00') ? 180 : 120;
  try {
    check(kept);
    const args = [join(root, 'dist/cli/mesa-lab.js'), 'notebook', 'run', kept, '--out', join(out, file), '--timeout', `${limit}`];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8', timeout: limit * 1000 });
    assert.equal(status, 0, `it ended with ${status}, after:\n${stdout}${stderr}`);
    check(join(out, file));
    assert.deepEqual(kinds(join(out, file)), kinds(kept), 'its outputs are not those that are kept');
    console.log(`ok     ${file} ${((performance.now() - began) / 1000).toFixed(0)} s`);
  } catch (e) {
    failed++;
    console.log(`FAILED ${file}: ${e.message}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;

function codeCells(path) {
  return JSON.parse(readFileSync(path, 'utf8')).cells.filter((cell) => cell.cell_type === 'code');
}

/** Executed in order without an error, small, and with nothing of the machine it ran on. */
function check(path) {
  const { size } = statSync(path);
  assert(size <= MOST_BYTES, `${path} has ${size} bytes`);
  for (const [i, { execution_count: count, outputs }] of codeCells(path).entries()) {
    assert.equal(count, i + 1, `code cell ${i + 1} was not executed in order`);
    const text = JSON.stringify(outputs);
    assert(!text.includes('"output_type":"error"'), `code cell ${i + 1} failed`);
    assert(!/(^|[\s"'(])\/(home|work|tmp|root|usr|Users)\//.test(text), `code cell ${i + 1} shows an absolute path`);
  }
}

/** What each cell shows, without how it looks. */
function kinds(path) {
  return codeCells(path).map(({ outputs }) =>
    outputs.map(({ output_type: type, data = {} }) => [type, ...Object.keys(data).sort()].join(' ')),
  );
}
