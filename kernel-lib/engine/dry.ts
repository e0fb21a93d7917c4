import { commandNames } from './binaries';
import { type Chunk, chunkBytes } from './heap';
import { HeapEngine } from './heap-engine';
import { type Machine, programLength } from './machine';
import { threadCount } from './threads';

/** What the machine that is planned for has. */
export interface DryOptions {
  readonly threads?: number;
  readonly isa?: string;
}

/**
 * An engine without memory or arithmetic: every allocation is booked as the native engine would, so that a training step run on it
 * tells what the real one will need, to the byte.
 *
 * @example
 * const dry = dryEngine({ threads: 8 });
 * dry.empty([1024, 1024]);
 * dry.ledger.peakBytes; // 4194304, and nothing was allocated
 */
export function dryEngine({ threads, isa = 'none' }: DryOptions = {}): HeapEngine {
  return new HeapEngine(dryMachine(threadCount(threads), isa));
}

function dryMachine(threads: number, isa: string): Machine {
  let chunks = 0;
  return {
    form: 'dry',
    isa,
    threads,
    commands: commandNames(),
    program: new Float64Array(programLength),
    grow(bytes): Chunk | null {
      const address = ++chunks * 2 * chunkBytes;
      return bytes > chunkBytes ? null : { address, bytes: chunkBytes, buffer: null, bufferAddress: address };
    },
    giveBack: () => 0,
    run() {},
  };
}
