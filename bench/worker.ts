import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that answers commands, a line of JSON each: the PyTorch workers and our own speak the same way. */
export class Worker {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
  ) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.answers = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** The first line: the worker has warmed up. */
  ready(): Promise<Record<string, unknown>> {
    return this.next();
  }

  async ask<T>(command: string): Promise<T> {
    this.child.stdin?.write(`${JSON.stringify(command)}\n`);
    return (await this.next()) as T;
  }

  /** Closes its input; it ends by itself. */
  end(): void {
    this.child.stdin?.end();
  }

  private async next(): Promise<Record<string, unknown>> {
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`${this.name} ended with code ${this.child.exitCode} before it answered`);
    return JSON.parse(value) as Record<string, unknown>;
  }
}
