'use strict';
const { inspect } = require('node:util');
const { failureOf, typeErrors } = require('./failure.cjs');
const { takeInterrupts } = require('./interrupts.cjs');
const { spellOutShorthands } = require('./shorthands.cjs');

const inJupyter = Symbol.for('Jupyter.display');
const cellRun = Symbol.for('mesa-lab.cell-run'); // tells mesa-lab's figures when a cell runs again

/**
 * Runs cells with tslab's compiler in this process, one at a time, for the kernel and for the runner without Jupyter. What a cell gives out
 * goes to its sink: `stream(name, text)`, `display(message, isUpdate)` and `result(bundle)` for the value of its last line.
 */
function createCells(tslab, folder) {
  let result; // takes the value of the last line; tslab "logs" nothing else
  let reports = []; // what tslab has to say of a failure
  const converter = tslab.createConverter({ isJS: false, isBrowser: false });
  const converters = { node: converter, browser: converter, close: () => converter.close() };
  const executor = tslab.createExecutor(folder, converters, { log: (value) => result(value), error: (...args) => reports.push(args) });
  const handler = new tslab.Handler(executor, false);
  const interrupts = takeInterrupts(() => executor.interrupt());

  async function run(code, sink, cell) {
    globalThis[cellRun] = { id: cell };
    const shown = [];
    reports = [];
    result = (value) => shown.push(value);
    process.emit('mesa-lab:before-cell');
    try {
      await interrupts.guard(() =>
        handler.handleExecuteImpl({ code: spellOutShorthands(tslab.typescript, code) }, sink.stream, sink.display),
      );
      for (const value of shown) sink.result(await bundleOf(value));
      return { count: handler.execCount, failure: null };
    } catch (thrown) {
      return { count: handler.execCount, failure: whatFailed(thrown) };
    } finally {
      process.emit('mesa-lab:after-cell');
    }
  }

  function whatFailed(thrown) {
    if (reports.length === 0) return failureOf(thrown);
    return reports[0].length === 1 ? failureOf(reports[0][0]) : typeErrors(reports);
  }

  return {
    run,
    /** The number of the cell that ran last. */
    get count() {
      return handler.execCount;
    },
    info() {
      const { language_info: language, ...rest } = handler.handleKernel();
      return { ...rest, implementation: 'mesa-lab', language_info: { ...language, version: tslab.typescriptVersion } };
    },
    complete: (request) => handler.handleComplete(request),
    inspect: (request) => handler.handleInspect(request),
    isComplete: (request) => handler.handleIsComplete(request),
    close() {
      interrupts.close();
      handler.close();
    },
  };
}

/** How a value looks: what it says itself, else as mesa-lab's `show` has it where a cell has loaded that, else as `console.log` prints it. */
async function bundleOf(value) {
  if (typeof value[inJupyter] === 'function') return value[inJupyter]();
  if (typeof value === 'string') return { 'text/plain': value };
  return (await loadedShow()?.bundleOf(value)) ?? { 'text/plain': inspect(value) };
}

function loadedShow() {
  const path = Object.keys(require.cache).find((file) => /[\\/]dist[\\/]show[\\/]show\.js$/.test(file));
  return path && require.cache[path].exports;
}

module.exports = { createCells };
