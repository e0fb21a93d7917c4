// npm start: whatever is missing, then the quickstart.
import { join } from 'node:path';
import { prepare, root, run } from './prepare.mjs';

prepare();
run(process.execPath, [join(root, 'dist/cli/quickstart.js'), ...process.argv.slice(2)]);
