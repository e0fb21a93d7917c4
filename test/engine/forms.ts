import { existsSync } from 'node:fs';
import { addonFile, loadAddon, wasmBytes } from '../../kernel-lib/engine/binaries';
import { HeapEngine, type HeapOptions } from '../../kernel-lib/engine/heap-engine';
import { jsMachine } from '../../kernel-lib/engine/js-machine';
import { nativeMachine } from '../../kernel-lib/engine/native-machine';
import { wasmMachine } from '../../kernel-lib/engine/wasm-machine';

/** Whether there is an addon for this platform; elsewhere the tests of it are left out. */
export const hasNative: boolean = existsSync(addonFile());

export const native = (threads: number, isa?: string, options?: HeapOptions): HeapEngine =>
  new HeapEngine(nativeMachine(loadAddon(addonFile()), threads, isa), options);
export const wasm = (threads: number, options?: HeapOptions): HeapEngine =>
  new HeapEngine(wasmMachine(wasmBytes(threads), threads), options);
export const js = (options?: HeapOptions): HeapEngine => new HeapEngine(jsMachine(), options);

/** Numbers between -1 and 1 that are the same every time. */
export function numbers(n: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}
