import type { Engine } from '../engine/engine';
import { type StartOptions, start } from '../engine/start';
import { wholeNumber } from './text';

/** Options of every command that computes, for `parseArgs`. */
export const engineOptions = { backend: { type: 'string' }, threads: { type: 'string' } } as const;

export const engineUsage = `  --backend NAME   native, wasm or js; the fastest there is unless told
  --threads N      one a processor unless told`;

/** Starts the engine that options ask for; it is said on standard error, since standard output may be JSON. */
export async function startEngine({ backend, threads }: { readonly backend?: string; readonly threads?: string }): Promise<Engine> {
  const engine = await start({
    quiet: true,
    ...(backend !== undefined && { backend: backend as NonNullable<StartOptions['backend']> }),
    ...(threads !== undefined && { threads: wholeNumber('--threads', threads, 1) }),
  });
  process.stderr.write(`mesa-lab: ${engine.form}, ${engine.isa}, ${engine.threads} thread${engine.threads === 1 ? '' : 's'}\n`);
  return engine;
}
