import { MesaError } from '../../errors';
import type { Pipeline } from './pipeline';
import type { Transform } from './transform';

/**
 * The functions of a pipeline.
 *
 * @example
 * const { picture, write } = transformOf({ kind: 'evaluation', resize: 256, crop: 224 });
 * const key = { seed: 0, epoch: 0, place: 0 };
 * write(picture({ image }, key).image, key, out);
 */
export function transformOf(pipeline: Pipeline): Transform {
  throw new MesaError('augment-option', { at: 'kind', says: `no pipeline of kind '${pipeline.kind}'` });
}
