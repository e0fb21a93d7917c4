'use strict';
// Started by Jupyter with the path of a connection file. What it mends of tslab's own kernel: docs/notebooks.md.
const { readFileSync } = require('node:fs');
const { createCells } = require('./cells.cjs');
const { endWithParent } = require('./parent.cjs');
const { Server } = require('./server.cjs');
const { loadTslab } = require('./tslab.cjs');

const SENT_MS = 100; // for the last messages to leave

function start(connectionFile) {
  const tslab = loadTslab(process.cwd());
  const exit = () => setTimeout(() => process.exit(0), SENT_MS);
  const cells = createCells(tslab, process.cwd());
  const server = new Server(tslab.loadZeromq(), JSON.parse(readFileSync(connectionFile, 'utf8')), cells, exit);
  process.on('uncaughtException', (e) => console.error('uncaught exception:', e));
  process.on('unhandledRejection', (e) => console.error('unhandled rejection:', e));
  if (process.env.JPY_PARENT_PID) endWithParent();
  return server.listen();
}

if (process.argv.length < 3) {
  console.error('usage: start.cjs CONNECTION_FILE (Jupyter gives it; see kernel.json)');
  process.exit(2);
}
start(process.argv[2]).catch((e) => {
  console.error(e.code === 'tslab-missing' ? e.message : e);
  process.exit(1);
});
