import { availableParallelism } from 'node:os';
import { MesaError } from '../../errors';
import type { Mixing, Pipeline } from '../augment/index';
import type { BatchesOptions } from '../batches';
import type { Source } from './source';

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

/** Options with defaults for those that are absent; refuses what makes no sense for this source. */
export function loaderOptions(options: LoaderOptions, { count, classes, masked }: Source): AllLoaderOptions {
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
  const { size, pipeline, mixing, onBad } = all;
  if (!whole(size, 1) || size > count)
    throw new MesaError('batch-size', { says: `batches of ${size} from ${count} images`, try: `a size from 1 to ${count}` });
  for (const [name, least] of Object.entries({ workers: 0, prefetch: 1, repeats: 1 } as const)) {
    const given = all[name as 'workers'];
    if (!whole(given, least)) throw refused(name, `cannot be ${given}`, `${least} or more`);
  }
  if (onBad !== 'stop' && onBad !== 'skip') throw refused('onBad', `cannot be '${onBad}'`, "'stop' or 'skip'");
  if (masked && !pipeline.kind.startsWith('segmentation'))
    throw refused('pipeline.kind', `'${pipeline.kind}' makes images without their masks`, "'segmentation' or 'segmentation-evaluation'");
  if (mixing && (masked || mixing.classes < classes))
    throw refused(
      'mixing',
      masked ? 'mixes classes of images, not masks' : `${mixing.classes} classes of ${classes}`,
      `classes: ${classes}`,
    );
  return all;
}

function refused(at: string, says: string, otherwise: string): MesaError {
  return new MesaError('loader-options', { at, says, try: otherwise });
}

const whole = (n: number, least: number): boolean => Number.isInteger(n) && n >= least;
