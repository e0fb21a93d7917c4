// Preloaded into test processes, and by them into their worker threads: there `new Worker('worker.ts')` runs a source as it is.
const { readFileSync } = require('node:fs');
const Module = require('node:module');

Module._extensions['.ts'] = (module, file) => {
  const { transformSync } = require('esbuild');
  const { code } = transformSync(readFileSync(file, 'utf8'), { loader: 'ts', format: 'cjs', sourcefile: file, sourcemap: 'inline' });
  module._compile(code, file);
};
