import '@tensorflow/tfjs-backend-cpu';
import type { Engine } from '../../kernel-lib/engine/engine';
import { type StartOptions, start } from '../../kernel-lib/engine/start';
import { MesaError } from '../../kernel-lib/errors';

/** Engines that run here: every instruction set, WebAssembly with and without threads; freed memory poisoned. */
export async function compiledEngines(): Promise<[string, Engine][]> {
  const wanted: StartOptions[] = [
    ...['avx512', 'avx2', 'sse2', 'neon'].map((isa) => ({ backend: 'native' as const, isa, threads: 2 })),
    { backend: 'native', threads: 1 }, { backend: 'native', threads: 3 }, { backend: 'wasm', threads: 1 }, { backend: 'wasm', threads: 2 },
  ];
  const found: [string, Engine][] = [];
  for (const options of wanted) {
    try {
      const e = await start({ ...options, poison: true, quiet: true });
      found.push([`${e.form} ${e.isa}, ${e.threads} threads`, e]);
    } catch (error) {
      if (!(error instanceof MesaError)) throw error; // another processor's instruction set
    }
  }
  return found;
}

/** Engines that run the plain definition: our heap without kernels, and tfjs's own backend. */
export async function plainEngines(): Promise<[string, Engine][]> {
  return [['js', await start({ backend: 'js', poison: true, quiet: true })], ['stock cpu', await start({ backend: 'cpu', quiet: true })]];
}
