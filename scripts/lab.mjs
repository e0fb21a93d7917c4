// npm run lab: JupyterLab on notebooks/ with our kernel; found, or installed into .venv-jupyter. Arguments go to JupyterLab.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { environment, hasJupyter, installJupyter } from './jupyter.mjs';
import { prepare, prepareNotebooks, root } from './prepare.mjs';

prepare();
prepareNotebooks();
if (!hasJupyter('lab')) installJupyter(['jupyterlab>=4'], 'about 60 MB to download, 200 MB on disk');

// Figures bring plotly along once (0.7 MB), which is near Jupyter's limit of output in a second.
const limits = ['--ZMQChannelsWebsocketConnection.iopub_data_rate_limit=100000000'];
const asRoot = process.getuid?.() === 0 ? ['--allow-root'] : []; // in containers
const child = spawn('jupyter', ['lab', ...limits, ...asRoot, ...process.argv.slice(2)], {
  cwd: join(root, 'notebooks'),
  env: environment(),
  stdio: 'inherit',
});
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGINT', () => {}); // Jupyter's question at Ctrl-C is its own
child.on('exit', (code) => process.exit(code ?? 1));
