import { availableParallelism } from 'node:os';
import { MesaError } from '../errors';

/** As many as the pool (kernels/native.c) has places for. */
const most = 64;

/** How many threads: as asked for, else one a processor, up to 16 (more were never measured). */
export function threadCount(threads: number = Math.min(16, availableParallelism())): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= most) return threads;
  throw new MesaError('bad-threads', { at: 'threads', says: `cannot run ${threads} threads`, try: `1 to ${most}` });
}
