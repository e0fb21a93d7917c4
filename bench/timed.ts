import type { Kernels } from 'mesa-lab';

/** Milliseconds that commands take from queueing the first to the end of the last. */
export function timed(kernels: Kernels | null, queue: () => void): number {
  const began = performance.now();
  queue();
  kernels?.flush();
  return performance.now() - began;
}
