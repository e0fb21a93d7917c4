import { writeSafetensors } from '../files/safetensors';
import type { Model } from './model';

/**
 * Writes a model's parameters and buffers as a safetensors file, all of it or nothing.
 *
 * @example
 * await models.saveWeights(model, 'out/weights.safetensors', { recipe: 'cifar100-deit-tiny', step: '2000' });
 */
export async function saveWeights(
  { params, engine }: Pick<Model, 'params' | 'engine'>,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const tensors = [...params].map(([name, t]) => [name, { shape: t.shape, values: engine.read(t) as Float32Array }] as const);
  await writeSafetensors(path, new Map(tensors), new Map(Object.entries(metadata)));
}
