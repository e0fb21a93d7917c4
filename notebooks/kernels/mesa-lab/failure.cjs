'use strict';
const { format, inspect } = require('node:util');

const OURS = /[\\/]tslab[\\/]dist[\\/]|[\\/]kernels[\\/]mesa-lab[\\/]|node:(?:vm|internal)/;

/** What a failed cell says, as notebooks store it: `{ ename, evalue, traceback }`, without the frames of the kernel. */
function failureOf(thrown) {
  if (!(thrown instanceof Error)) return { ename: 'Thrown', evalue: inspect(thrown), traceback: [`Thrown: ${inspect(thrown)}`] };
  return { ename: thrown.name, evalue: thrown.message, traceback: traceOf(thrown) };
}

/** The stack; of an error that left the synchronous part of a cell Node puts the line of code above it. */
function traceOf(error) {
  const stack = error.stack || `${error.name}: ${error.message}`;
  const lines = stack.replace(/^evalmachine\.<anonymous>:\d+\n/, '').split('\n');
  const trace = lines
    .filter((line) => !(/^\s+at /.test(line) && OURS.test(line)))
    .map((line) => line.replace('evalmachine.<anonymous>', 'compiled cell'));
  return error.cause instanceof Error ? [...trace, 'caused by', ...traceOf(error.cause)] : trace;
}

/** tslab prints a type error a call, as a format with its arguments; all of a cell are one failure. */
function typeErrors(calls) {
  const traceback = calls.map((args) => format(...args)).flatMap((text) => text.split('\n'));
  return { ename: 'TypeScriptError', evalue: traceback[0], traceback };
}

module.exports = { failureOf, typeErrors };
