'use strict';
const { Worker } = require('node:worker_threads');

const WATCH = `
const { workerData: parent } = require('node:worker_threads');
setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGKILL'), 1000);
`;

/** Jupyter that was killed cannot say goodbye: its kernels would stay. Seen from a thread of its own, as a cell may never yield. */
function endWithParent() {
  new Worker(WATCH, { eval: true, workerData: process.ppid, execArgv: [] }).unref();
}

module.exports = { endWithParent };
