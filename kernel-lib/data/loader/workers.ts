import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type ErrorText, MesaError } from '../../errors';
import { loadSharp } from '../decode/load-sharp';
import { type Filled, filler, type Setup, type Task } from './fill';

/** Whoever makes samples: a worker thread, or the thread that asks. */
export interface Maker {
  make(task: Task): Promise<Filled>;
  /** Keeps the process alive while somebody waits for it. */
  hold(): void;
  letGo(): void;
  close(): void;
}

/** What a worker answers where it cannot make a sample and that is not the sample's fault. */
export interface Failure {
  readonly failure: { readonly code: string; readonly text: ErrorText } | { readonly stack: string };
}

/** The script, compiled beside this file or, where sources run as they are, a source like this one. */
const script = join(__dirname, `worker${extname(__filename)}`);

/** `count` worker threads; for 0 samples are made by this thread. */
export async function startMakers(setup: Setup, count: number): Promise<readonly Maker[]> {
  if (count === 0) return [inThisThread(setup)];
  if (!setup.memory) await loadSharp(); // its libraries must stay loaded when the last worker that uses them ends
  return Array.from({ length: count }, () => workerThread(setup));
}

function inThisThread(setup: Setup): Maker {
  const fill = filler(setup);
  let last: Promise<unknown> = Promise.resolve();
  return {
    make(task) {
      const filled = last.then(() => fill(task)); // one after another: the batch that is wanted first is made first
      last = filled.catch(() => {});
      return filled;
    },
    hold: () => {},
    letGo: () => {},
    close: () => {},
  };
}

interface Waiter {
  readonly resolve: (filled: Filled) => void;
  readonly reject: (e: Error) => void;
}

function workerThread(setup: Setup): Maker {
  const worker = new Worker(script, { workerData: setup });
  const waiters: Waiter[] = []; // a worker answers in order
  let ended: MesaError | undefined;
  const end = (why: string): void => {
    ended ??= new MesaError('loader-ended', { says: `a worker of the loader ended: ${why}`, try: 'a new loader, or workers: 0' });
    for (const { reject } of waiters.splice(0)) reject(ended);
  };
  worker.on('message', (answer: Filled | Failure) => {
    const { resolve, reject } = waiters.shift() as Waiter;
    if ('failure' in answer) reject(failed(answer));
    else resolve(answer);
  });
  worker.on('error', (e) => end(e.stack ?? `${e}`));
  worker.on('exit', () => end('it was closed'));
  worker.unref();
  return {
    make: (task) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        waiters.push({ resolve, reject });
        worker.postMessage(task);
      }),
    hold: () => worker.ref(),
    letGo: () => worker.unref(),
    close: () => worker.postMessage(null),
  };
}

function failed({ failure }: Failure): MesaError {
  if ('code' in failure) return new MesaError(failure.code, failure.text);
  return new MesaError('loader-failed', { says: `a worker failed: ${failure.stack}`, try: 'reporting it: this is a fault of mesa-lab' });
}
