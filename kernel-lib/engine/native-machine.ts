import { MesaError } from '../errors';
import { type Chunk, chunkBytes } from './heap';
import { type Machine, programLength } from './machine';

/** What the addon (kernels/native.c) exports. */
export interface Addon {
  /** Instruction sets, best first; '' in the place of one that does not work here. */
  isas(): string[];
  commands(): string[];
  reserve(bytes: number): ArrayBuffer | null;
  address(buffer: ArrayBuffer): number;
  decommit(address: number, bytes: number): void;
  run(program: number, count: number, threads: number, isa: number): void;
}

/** Pages are 4 KiB, on some arm64 machines 16 KiB. */
const pageBytes = 16384;

/** C kernels in a Node addon, with as many threads as asked for. */
export function nativeMachine(addon: Addon, threads: number, isa?: string): Machine {
  const isas = addon.isas();
  const index = isas.findIndex((name) => name !== '' && (isa === undefined || name === isa));
  if (index < 0) {
    throw new MesaError('no-such-isa', { at: 'isa', says: `${isa} is not to be had here`, try: isas.filter(Boolean).join(' | ') });
  }
  const space = addon.reserve(programLength * 8);
  if (!space) throw new MesaError('out-of-memory', { says: 'cannot reserve memory for commands' });
  const address = addon.address(space);
  return {
    form: 'native',
    isa: isas[index] as string,
    threads,
    commands: addon.commands(),
    program: new Float64Array(space),
    grow(bytes): Chunk | null {
      if (bytes > chunkBytes) return null;
      const buffer = addon.reserve(chunkBytes);
      if (!buffer) return null;
      const start = addon.address(buffer);
      return { address: start, bytes: chunkBytes, buffer, bufferAddress: start };
    },
    giveBack(start, bytes) {
      const first = Math.ceil(start / pageBytes) * pageBytes;
      const given = Math.floor((start + bytes) / pageBytes) * pageBytes - first;
      if (given > 0) addon.decommit(first, given);
      return Math.max(0, given);
    },
    run: (count) => addon.run(address, count, threads, index),
  };
}
