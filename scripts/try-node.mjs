// npm run test:node [-- 22 24]: the tests on other versions of Node, from npm's packages of its binaries.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24'];
const binaries = `node-${process.platform}-${process.arch}`; // what the npm package `node` installs by a script

prepare();
for (const version of versions) {
  const folder = join(root, 'out/node', version);
  const node = join(folder, 'node_modules', binaries, 'bin/node');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(node))
    run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', `${binaries}@${version}`]);
  run(node, ['--version']);
  run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run']);
}
