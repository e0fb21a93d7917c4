import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { MesaError } from '../../errors';
import type { Bundle } from '../../show/screens/screen';
import type { DisplayMessage } from './outputs';

/** Why a cell failed, as notebooks store it. */
export interface Failure {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** How a cell ended; without a count when its process did. */
export interface CellEnd {
  readonly count: number | null;
  readonly failure: Failure | null;
}

/** Takes what a cell gives out while it runs. */
export interface Sink {
  stream(name: string, text: string): void;
  display(message: DisplayMessage, isUpdate: boolean): void;
  result(data: Bundle): void;
}

type Message =
  | { readonly type: 'ready'; readonly info: { readonly language_info: object } }
  | { readonly type: 'unable'; readonly says: string }
  | { readonly type: 'stream'; readonly name: string; readonly text: string }
  | { readonly type: 'display'; readonly message: DisplayMessage; readonly isUpdate: boolean }
  | { readonly type: 'result'; readonly data: Bundle }
  | { readonly type: 'done'; readonly count: number; readonly failure: Failure | null };

/** Folder of the kernel, from dist/cli/notebook as from its source. */
export const kernelFolder: string = join(__dirname, '../../../notebooks/kernels/mesa-lab');
const GRACE_MS = 5000; // between asking a cell to stop and ending its process

/** The process in which the cells of one notebook run, in the notebook's folder. */
export class CellProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly language: object,
  ) {
    process.once('exit', this.close);
  }

  static async start(folder: string): Promise<CellProcess> {
    // A process group of its own: Ctrl-C in a terminal is for us, and we pass it on.
    const child = fork(join(kernelFolder, 'cell-process.cjs'), { cwd: folder, execArgv: ['--expose-gc'], detached: true });
    const exit = once(child, 'exit').then(
      ([code]) => ({ type: 'unable', says: `the process of the cells ended with code ${code}` }) as const,
    );
    const [first] = (await Promise.race([once(child, 'message'), exit.then((end) => [end])])) as [Message];
    if (first.type !== 'ready')
      throw new MesaError('cells-cannot-run', { says: first.type === 'unable' ? first.says : `unexpected ${first.type}` });
    return new CellProcess(child, first.info.language_info);
  }

  /** Runs a cell to its end, or until its time is over. */
  async run(code: string, sink: Sink, timeoutMs: number): Promise<CellEnd> {
    const { child } = this;
    let timers: NodeJS.Timeout[] = [];
    let isLate = false;
    const giveUp = () => {
      isLate = true;
      this.interrupt();
      timers.push(setTimeout(() => child.kill('SIGKILL'), GRACE_MS));
    };
    try {
      const end = await new Promise<CellEnd>((resolve) => {
        timers = [setTimeout(giveUp, timeoutMs)];
        child.on('message', (message: Message) => {
          if (message.type === 'done') resolve({ count: message.count, failure: message.failure });
          else pass(message, sink);
        });
        child.once('exit', (status, signal) => resolve({ count: null, failure: ended(status, signal) }));
        child.send({ code });
      });
      return isLate ? { ...end, failure: tooLate(timeoutMs) } : end;
    } finally {
      for (const timer of timers) clearTimeout(timer);
      child.removeAllListeners('message').removeAllListeners('exit');
    }
  }

  /** The first lets a running `fit` return, a second gives the cell up. */
  interrupt(): void {
    this.child.kill('SIGINT');
  }

  readonly close = (): void => {
    process.removeListener('exit', this.close);
    this.child.kill('SIGKILL');
  };
}

function pass(message: Message, sink: Sink): void {
  if (message.type === 'stream') sink.stream(message.name, message.text);
  if (message.type === 'display') sink.display(message.message, message.isUpdate);
  if (message.type === 'result') sink.result(message.data);
}

function ended(status: number | null, signal: string | null): Failure {
  return failure('ProcessEnded', `the cell ended its process (${signal ?? `code ${status}`})`);
}

function tooLate(timeoutMs: number): Failure {
  return failure('Timeout', `the cell took longer than ${timeoutMs / 1000} s (try --timeout)`);
}

function failure(ename: string, evalue: string): Failure {
  return { ename, evalue, traceback: [`${ename}: ${evalue}`] };
}
