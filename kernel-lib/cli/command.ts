/** A command of `mesa-lab`. */
export interface Command {
  /** In a line. */
  readonly summary: string;
  readonly usage: string;
  /** Parses its own arguments and gives the exit code. */
  run(args: readonly string[]): Promise<number>;
}
