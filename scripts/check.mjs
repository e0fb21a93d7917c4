// npm run check: types, lint and format, the package as published, and what nothing uses. All of them run; any failure fails.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, prepareNotebooks, root } from './prepare.mjs';

prepare();
prepareNotebooks();
const bin = (name) => join(root, 'node_modules', name);
const checks = [
  ['types of the library', bin('typescript/bin/tsc'), '-p', '.'],
  ['types of the tests', bin('typescript/bin/tsc'), '-p', 'test'],
  ['types of the benchmarks', bin('typescript/bin/tsc'), '-p', 'bench', '--noEmit'],
  ['types of the notebooks and experiments', bin('typescript/bin/tsc'), '-p', 'notebooks/experiments', '--noEmit'],
  ['lint and format', bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'],
  ['the package as published', bin('publint/src/cli.js'), '--strict'],
  ['types as users resolve them', bin('@arethetypeswrong/cli/dist/index.js'), '--pack', '.'],
  ['what nothing uses', bin('knip/bin/knip.js')],
];

const failed = checks.filter(([title, ...command]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${title}`);
  if (status !== 0) console.log(`${stdout}${stderr}`);
  return status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
