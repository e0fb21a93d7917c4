import type { Form } from './engine';
import type { Memory } from './heap';

/** Doubles in a program, and commands in it at most. */
export const programLength: number = 1 << 17;
export const programCommands: number = 4096;

/** Something that has memory and, but for plain JavaScript, runs commands on it. */
export interface Machine extends Memory {
  readonly form: Exclude<Form, 'stock'>;
  readonly isa: string;
  readonly threads: number;
  /** Names of the commands by id; `null` where there are none. */
  readonly commands: readonly string[] | null;
  /** Where commands are written. */
  readonly program: Float64Array;
  /** Runs the first `count` commands of the program and waits. */
  run(count: number): void;
  /** Ends the threads that belong to this machine alone. */
  close?(): void;
}
