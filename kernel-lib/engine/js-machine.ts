import type { Chunk } from './heap';
import type { Machine } from './machine';

const chunkBytes = 2 ** 28;
/** Addresses mean nothing here, but chunks must not look like neighbours. */
const addressStep = 2 ** 40;

/** Memory for the plain JavaScript form: a growing list of array buffers, and no commands. */
export function jsMachine(): Machine {
  let chunks = 0;
  return {
    form: 'js',
    isa: 'none',
    threads: 1,
    commands: null,
    program: new Float64Array(0),
    grow(bytes): Chunk | null {
      try {
        const buffer = new ArrayBuffer(Math.max(bytes, chunkBytes));
        const address = ++chunks * addressStep;
        return { address, bytes: buffer.byteLength, buffer, bufferAddress: address };
      } catch {
        return null; // more than V8 allows, or than there is
      }
    },
    giveBack: () => 0,
    run() {},
  };
}
