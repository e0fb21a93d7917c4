// npm run kernel: makes the kernel known to every Jupyter and VS Code of this user, without Python; --uninstall takes it away.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, prepareNotebooks, root } from './prepare.mjs';

const { uninstall } = parseArgs({ options: { uninstall: { type: 'boolean', default: false } } }).values;
const folder = join(dataFolder(), 'kernels', 'mesa-lab');

if (uninstall) {
  rmSync(folder, { recursive: true, force: true });
  console.log(`removed ${folder}`);
} else {
  prepare();
  prepareNotebooks();
  const kernel = join(root, 'notebooks/kernels/mesa-lab');
  const spec = JSON.parse(readFileSync(join(kernel, 'kernel.json'), 'utf8'));
  const argv = spec.argv.map((part) => (part === 'node' ? process.execPath : part.replace('{resource_dir}', kernel)));
  const mode = process.platform === 'win32' ? { interrupt_mode: 'message' } : {}; // Windows has no SIGINT to send
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kernel.json'), `${JSON.stringify({ ...spec, argv, ...mode }, null, 2)}\n`);
  console.log(`${spec.display_name} is in ${folder}; it runs ${kernel}, which has to stay where it is`);
}

/** Where Jupyter looks for what belongs to the user. */
function dataFolder() {
  const { JUPYTER_DATA_DIR, APPDATA, XDG_DATA_HOME } = process.env;
  if (JUPYTER_DATA_DIR) return JUPYTER_DATA_DIR;
  if (process.platform === 'darwin') return join(homedir(), 'Library/Jupyter');
  if (process.platform === 'win32') return join(APPDATA ?? join(homedir(), 'AppData/Roaming'), 'jupyter');
  return join(XDG_DATA_HOME ?? join(homedir(), '.local/share'), 'jupyter');
}
