// npm run bench: whatever is missing, then the benchmark.
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

prepare();
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'bench']);
run(process.execPath, [join(root, 'out/bench/bench.js'), ...process.argv.slice(2)]);
