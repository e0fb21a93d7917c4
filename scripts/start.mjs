// npm start: whatever is missing, then the quickstart notebook: what it prints and its tables here, the whole of it as a page.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepare, prepareNotebooks, root, run } from './prepare.mjs';

prepare();
prepareNotebooks();
console.log('running notebooks/00-quickstart.ipynb: three trainings, and DeiT-Ti under five policies; about two minutes ...');
mkdirSync(join(root, 'out/quickstart'), { recursive: true });
const written = ['--out', 'out/quickstart/quickstart.ipynb', '--html', 'out/quickstart/report.html'];
run(process.execPath, [join(root, 'dist/cli/mesa-lab.js'), 'notebook', 'run', 'notebooks/00-quickstart.ipynb', '--print', ...written]);
