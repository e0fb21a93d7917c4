import { MesaError } from '../errors';
import { readSafetensors } from './safetensors';

/**
 * Reads the weights of a model from a safetensors file, as float32.
 *
 * @example
 * model.load(await readWeights('deit_tiny_patch16_224.safetensors'));
 */
export async function readWeights(path: string): Promise<Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>> {
  const { tensors } = await readSafetensors(path);
  return new Map(
    [...tensors].map(([name, { dtype, shape, values }]) => {
      if (!/^B?F(16|32|64)$/.test(dtype))
        throw new MesaError('weights-dtype', { at: `${path}: ${name}`, says: `${dtype} is no type of weights`, try: 'F32, F16 or BF16' });
      return [name, { shape, data: values instanceof Float32Array ? values : Float32Array.from(values as Float64Array) }];
    }),
  );
}
