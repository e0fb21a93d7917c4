'use strict';
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');

const VERSION = '1.0.22'; // what follows is not its public interface

/** The parts of tslab that run cells, from our own notebooks/ folder or from above the notebook; throws a sentence when it is not there. */
function loadTslab(folder) {
  const at = findTslab([__dirname, folder]);
  const { version } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
  if (version !== VERSION) throw failure(`this needs tslab ${VERSION}, ${at} is ${version}`);
  const load = (name) => require(join(at, 'dist', name));
  const ofTslab = createRequire(join(at, 'package.json'));
  return {
    typescriptVersion: ofTslab('@tslab/typescript-for-tslab/package.json').version,
    typescript: ofTslab('@tslab/typescript-for-tslab'),
    createConverter: load('converter.js').createConverter,
    createExecutor: load('executor.js').createExecutor,
    Handler: load('jupyter.js').JupyterHandlerImpl,
    /** The ZeroMQ that came with it; loaded when asked for, the runner needs none. */
    loadZeromq: () => ofTslab('zeromq'),
  };
}

function findTslab(folders) {
  for (const folder of folders) {
    try {
      return dirname(createRequire(join(folder, 'here.js')).resolve('tslab/package.json'));
    } catch {} // the next one
  }
  throw failure(`tslab is not installed above ${folders.join(' nor ')}`);
}

function failure(sentence) {
  return Object.assign(new Error(`${sentence} (try npm ci --prefix notebooks, or npm i tslab@${VERSION} beside the notebook)`), {
    code: 'tslab-missing',
  });
}

module.exports = { loadTslab };
