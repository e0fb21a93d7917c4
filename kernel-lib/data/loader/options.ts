import { availableParallelism } from 'node:os';
import { MesaError } from '../../errors';
import type { Mixing, Pipeline } from '../augment/index';
import type { BatchesOptions } from '../batches';

export interface LoaderOptions extends BatchesOptions {
  /** How a picture becomes what a model is fed. */
  readonly pipeline: Pipeline;
  /** Mixes the samples of each batch; the batches then have soft `targets`. */
  readonly mixing?: Mixing;
  /** How often each sample comes in a row, each time augmented anew; an epoch then sees as many samples, but fewer different ones. */
  readonly repeats?: number;
  /** Threads that read and transform; 0: the calling thread does, between steps. All processors but one when absent, up to 4. */
  readonly workers?: number;
  /** Batches made ahead of the one in use. */
  readonly prefetch?: number;
  /** What happens when a file cannot be used: the error, or a shorter batch and an entry in the report. */
  readonly onBad?: 'stop' | 'skip';
}

export type AllLoaderOptions = Required<Omit<LoaderOptions, 'mixing'>> & Pick<LoaderOptions, 'mixing'>;

const MOST_WORKERS = 4;

/** Options with defaults for those that are absent; refuses what makes no sense for `count` samples. */
export function loaderOptions(options: LoaderOptions, count: number): AllLoaderOptions {
  const all: AllLoaderOptions = {
    seed: 0,
    shuffle: true,
    dropLast: false,
    repeats: 1,
    workers: Math.max(1, Math.min(MOST_WORKERS, availableParallelism() - 1)),
    prefetch: 2,
    onBad: 'stop',
    ...options,
  };
  if (!whole(all.size, 1) || all.size > count)
    throw new MesaError('batch-size', { says: `batches of ${all.size} from ${count} images`, try: `a size from 1 to ${count}` });
  for (const [name, least] of [['workers', 0], ['prefetch', 1], ['repeats', 1]] as const) // biome-ignore format: a table
    if (!whole(all[name], least))
      throw new MesaError('loader-options', { at: name, says: `cannot be ${all[name]}`, try: `${least} or more` });
  if (all.onBad !== 'stop' && all.onBad !== 'skip')
    throw new MesaError('loader-options', { at: 'onBad', says: `cannot be '${all.onBad}'`, try: "'stop' or 'skip'" });
  return all;
}

const whole = (n: number, least: number): boolean => Number.isInteger(n) && n >= least;
