'use strict';

const FORCE_MS = 5000; // a second interrupt within this time is not left to the library

/**
 * Who gets an Interrupt (SIGINT): a library that listens, such as `fit`, stops by itself and returns what it has, so the first is its own.
 * With no listener, or at the second, the cell is given up.
 */
function takeInterrupts(giveUp) {
  let asked = Number.NEGATIVE_INFINITY;
  const onInterrupt = () => {
    const now = performance.now();
    if (process.listenerCount('SIGINT') === 1 || now - asked < FORCE_MS) giveUp();
    asked = now;
  };
  process.on('SIGINT', onInterrupt);
  return {
    /**
     * Starts a cell and puts right what its synchronous part leaves. While that runs, Node's vm has SIGINT for itself; if somebody began to
     * listen in the meantime, the signal is left with its default action, which ends the process, until all are registered anew.
     */
    guard(start) {
      asked = Number.NEGATIVE_INFINITY;
      const before = process.rawListeners('SIGINT');
      const started = start();
      const after = process.rawListeners('SIGINT');
      if (after.length === before.length && after.every((listener) => before.includes(listener))) return started;
      process.removeAllListeners('SIGINT');
      for (const listener of new Set([onInterrupt, ...after])) process.on('SIGINT', listener);
      return started;
    },
    close: () => process.removeListener('SIGINT', onInterrupt),
  };
}

module.exports = { takeInterrupts };
