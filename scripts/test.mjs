// npm test: whatever is missing, then every test; arguments go to vitest.
import { join } from 'node:path';
import { prepare, prepareNotebooks, root, run } from './prepare.mjs';

prepare();
prepareNotebooks();
run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]);
