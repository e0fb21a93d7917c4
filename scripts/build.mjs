// dist/ = the compiled library with what it needs beside it: the engine's prebuilt binaries and the C sources of platforms that compile.
import { chmodSync, cpSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './prepare.mjs';

const sources = join(root, 'kernel-lib');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
cpSync(sources, dist, { recursive: true, filter: (path) => statSync(path).isDirectory() || !/\.(ts|md)$/.test(path) });
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
chmodSync(join(dist, 'cli/mesa-lab.js'), 0o755); // npm does so only when it links a package: npx mesa-lab has to work after every build
