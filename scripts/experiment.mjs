// npm run experiment: whatever is missing, then the experiment (notebooks/experiments/main.ts).
import { join } from 'node:path';
import { prepare, prepareNotebooks, root, run } from './prepare.mjs';

prepare();
prepareNotebooks();
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'notebooks/experiments']);
run(process.execPath, [join(root, 'out/experiments/experiments/main.js'), ...process.argv.slice(2)]);
