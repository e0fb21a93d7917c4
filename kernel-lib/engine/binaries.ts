import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Addon } from './native-machine';

/** The folder of the built kernels, beside this file in the sources and in the package. */
export const prebuilt: string = join(__dirname, 'prebuilt');

/** Where the addon for this platform is, if there is one. */
export const addonFile = (folder: string = prebuilt): string => join(folder, `mesa-${process.platform}-${process.arch}.node`);

/** Loads an addon. `require` is Node's own, also inside a bundle. */
export function loadAddon(file: string): Addon {
  const module = { exports: {} as Addon };
  process.dlopen(module, file);
  return module.exports;
}

/** The WebAssembly module, with or without threads. */
export const wasmBytes = (threads: number): Uint8Array => readFileSync(join(prebuilt, threads > 1 ? 'mesa-threads.wasm' : 'mesa.wasm'));

/** Names of the commands by id, from whichever build loads here; `null` without any. */
export function commandNames(): readonly string[] | null {
  try {
    return loadAddon(addonFile()).commands();
  } catch {
    return null;
  }
}
