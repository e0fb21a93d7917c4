import type { TensorInfo } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Kernels } from './engine';
import { type Machine, programCommands, programLength } from './machine';

/** A record is padded with zeros to a multiple of this, so that an optional argument left out reads as 0. */
const recordUnit = 32;

/** What the queue needs of the backend: where tensors are, and thread scratch. */
interface Storage {
  addressOf(t: TensorInfo): number;
  scratch<T>(command: string, bytes: number, use: (address: number) => T): T;
}

/** Commands that wait to run in order. */
export class Queue implements Kernels {
  private readonly ids: ReadonlyMap<string, number>;
  private length = 0;
  private count = 0;

  constructor(
    private readonly machine: Machine,
    private readonly storage: Storage,
  ) {
    this.ids = new Map(machine.commands?.map((name, id) => [name, id]));
  }

  queue(command: string, args: readonly (number | TensorInfo | null)[], scratchBytes = 0): void {
    const id = this.id(command);
    const stride = Math.ceil(scratchBytes / 64) * 64;
    if (stride === 0) this.write(id, command, args, 0, 0);
    else this.storage.scratch(command, this.machine.threads * stride, (address) => this.write(id, command, args, address, stride));
  }

  flush(): void {
    if (this.count === 0) return;
    const { count } = this;
    this.length = this.count = 0;
    this.machine.run(count);
  }

  private id(command: string): number {
    const id = this.ids.get(command);
    if (id !== undefined) return id;
    if (!this.machine.commands && this.machine.form === 'dry') return -1;
    throw new MesaError('unknown-command', { at: command, says: `the ${this.machine.form} engine has no such command` });
  }

  /** A record: id, doubles up to the next record, scratch address, scratch bytes a thread, arguments, zeros. */
  private write(id: number, command: string, args: readonly (number | TensorInfo | null)[], scratch: number, stride: number): void {
    const record = Math.ceil((args.length + 6) / recordUnit) * recordUnit;
    if (this.length + record > programLength || this.count === programCommands) this.flush();
    const { program } = this.machine;
    let at = this.length;
    program[at++] = id;
    program[at++] = record;
    program[at++] = scratch;
    program[at++] = stride;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      const value = typeof arg === 'number' ? arg : arg ? this.storage.addressOf(arg) : arg === null ? 0 : Number.NaN;
      if (Number.isNaN(value)) throw new MesaError('bad-argument', { at: command, says: `argument ${i} is not a number` });
      program[at++] = value;
    }
    program.fill(0, at, this.length + record);
    if (this.machine.form === 'dry') return;
    this.length += record;
    this.count++;
  }
}
