import { createHash } from 'node:crypto';
import type { Dataset } from '../../kernel-lib/data/dataset';
import { noise } from '../../kernel-lib/data/noise';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { type VitOptions, vit } from '../../kernel-lib/models/vit';
import { adamw } from '../../kernel-lib/train/adamw';
import { Trainer, type TrainerOptions } from '../../kernel-lib/train/trainer';

/** A ViT small enough for many steps: 10 tokens, 2 heads of 8 channels, 2 blocks, drop path on. */
export const TINY: VitOptions = { imageSize: 6, patchSize: 2, channels: 2, classes: 5, width: 16, depth: 2, heads: 2, dropPath: 0.1 };

export const tinyData: Dataset = noise({ count: 24, channels: 2, height: 6, width: 6, classes: 5, seed: 11 });

export interface Rig {
  readonly engine: Engine;
  readonly model: Model;
  readonly trainer: Trainer;
}

/** A trainer of the tiny model on noise. */
export function rig(engine: Engine, options: Partial<TrainerOptions> & { readonly size?: number; readonly vit?: VitOptions } = {}): Rig {
  const { size = 8, vit: sizes = TINY, ...rest } = options;
  const model = createModel(vit(sizes), { engine, seed: 2 });
  const batches = tinyData.batches({ size, seed: 1 });
  return { engine, model, trainer: new Trainer({ model, batches, optimizer: adamw({ lr: 1e-2 }), seed: 4, ...rest }) };
}

export function release({ model, trainer }: Rig): void {
  trainer.dispose();
  model.dispose();
}

export const startOn = (backend: 'native' | 'wasm' | 'js' | 'cpu', threads = 2): Promise<Engine> =>
  start({ backend, threads, poison: backend !== 'cpu', quiet: true });

/** Content of tensors by name. */
export const contents = (engine: Engine, tensors: Model['params']): Map<string, Float32Array> =>
  new Map([...tensors].map(([name, t]) => [name, engine.read(t) as Float32Array]));

/** Equal for equal bits. */
export function digest(arrays: Iterable<Float32Array>): string {
  const hash = createHash('sha256');
  for (const a of arrays) hash.update(new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
  return hash.digest('hex');
}
