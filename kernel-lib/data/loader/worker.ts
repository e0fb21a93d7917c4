// A thread that makes samples, one task after another. Started by workers.ts.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { MesaError } from '../../errors';
import { filler, type Setup, type Task } from './fill';
import type { Failure } from './workers';

const port = parentPort as MessagePort;
const fill = filler(workerData as Setup);
let last: Promise<void> = Promise.resolve();

port.on('message', (task: Task | null) => {
  last = last.then(async () => {
    if (task) port.postMessage(await fill(task).catch(failureOf));
    else port.close(); // ends when nothing is left to do: terminating a thread inside a decoder may take the process with it
  });
});

/** Errors lose their class on the way to another thread. */
function failureOf(e: unknown): Failure {
  return { failure: e instanceof MesaError ? { code: e.code, text: e.text } : { stack: `${(e as Error).stack ?? e}` } };
}
