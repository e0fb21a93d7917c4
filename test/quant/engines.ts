import '@tensorflow/tfjs-backend-cpu';
import { describe, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { type StartOptions, start } from '../../kernel-lib/engine/start';
import { MesaError } from '../../kernel-lib/errors';

/** Every instruction set and number of threads that runs the C kernels. */
export const compiled: readonly StartOptions[] = [
  ...['avx512', 'avx2', 'sse2', 'neon'].map((isa) => ({ backend: 'native', isa, threads: 2 }) as const),
  { backend: 'native', threads: 1 },
  { backend: 'native', threads: 3 },
  { backend: 'wasm', threads: 1 },
  { backend: 'wasm', threads: 2 },
];

/** What runs the plain definition: our heap without kernels, and tfjs's own backend. */
export const plain: readonly StartOptions[] = [{ backend: 'js' }, { backend: 'cpu' }];

/** Describes the same for each of these engines; freed memory is poisoned. Instruction sets of other processors are skipped. */
export function describeOn(engines: readonly StartOptions[], what: string, define: (engine: Engine) => void): void {
  for (const options of engines) {
    describe(`${what} on ${Object.values(options).join(', ')}`, async () => {
      try {
        define(await start({ ...options, poison: true, quiet: true }));
      } catch (error) {
        if (!(error instanceof MesaError && options.isa)) throw error;
        it.skip('is for another processor', () => {});
      }
    });
  }
}
