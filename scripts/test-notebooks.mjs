// npm run test:notebooks [-- 01 03] [-- --except 00]: every notebook, or those that begin so, from top to bottom in plain Node, its time, and
// whether what is kept of it may be kept.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkAlike, checkExecuted } from './notebook-checks.mjs';
import { prepare, prepareNotebooks, root } from './prepare.mjs';

prepare();
prepareNotebooks();
const folder = join(root, 'notebooks');
const out = join(root, 'out/notebooks');
const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { except: { type: 'string' } } });
// Without a folder of data, which CI has not, notebooks show their stored results. They run elsewhere: a relative path would not be found.
const data = process.env.MESA_DATA ?? 'none';
const env = { ...process.env, MESA_DATA: data === 'none' ? data : resolve(data) };
mkdirSync(out, { recursive: true });

let failed = 0;
for (const file of readdirSync(folder).filter(isWanted).sort()) {
  const began = performance.now();
  const kept = join(folder, file);
  const limit = /^0[0456]/.test(file) ? 180 : 120;
  try {
    checkExecuted(kept);
    const args = [join(root, 'dist/cli/mesa-lab.js'), 'notebook', 'run', kept, '--out', join(out, file), '--timeout', `${limit}`];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8', timeout: limit * 1000 });
    assert.equal(status, 0, `it ended with ${status}, after:\n${stdout}${stderr}`);
    checkExecuted(join(out, file));
    checkAlike(join(out, file), kept);
    console.log(`ok     ${file} ${((performance.now() - began) / 1000).toFixed(0)} s`);
  } catch (e) {
    failed++;
    console.log(`FAILED ${file}: ${e.message}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;

function isWanted(name) {
  if (!name.endsWith('.ipynb') || (values.except && name.startsWith(values.except))) return false;
  return wanted.length === 0 || wanted.some((start) => name.startsWith(start));
}
