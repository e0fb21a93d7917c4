// Preloaded into test processes, and by them into their worker threads: there `new Worker('worker.ts')` runs a source as it is.
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');

const cache = join(__dirname, '../node_modules/.cache/mesa-typescript'); // starting the compiler takes longer than all else a worker does

Module._extensions['.ts'] = (module, file) => module._compile(compiled(file), file);

function compiled(file) {
  const source = readFileSync(file, 'utf8');
  const kept = join(cache, `${createHash('sha256').update(file).update(source).digest('hex')}.js`);
  try {
    return readFileSync(kept, 'utf8');
  } catch {}
  const { transformSync } = require('esbuild');
  const { code } = transformSync(source, { loader: 'ts', format: 'cjs', sourcefile: file, sourcemap: 'inline' });
  mkdirSync(cache, { recursive: true });
  const own = `${kept}.${process.pid}.${Math.random()}`; // another thread may write the same
  writeFileSync(own, code);
  renameSync(own, kept);
  return code;
}
