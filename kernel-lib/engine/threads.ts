import { availableParallelism } from 'node:os';

/** Threads unless told: one a processor, up to 16 (more were never measured). */
export const defaultThreads = (): number => Math.min(16, availableParallelism());
