// A worker that makes training steps of a model of the library on demand.
import { adamw, data, models, policies, type Samples, start, Trainer } from 'mesa-lab';
import { isSegmenter, type ModelSetting } from './model-settings';
import { serve } from './serve';

interface Config {
  readonly setting: ModelSetting;
  readonly policy: string;
  readonly form: string;
  readonly threads: number;
}

async function main({ setting, policy, form, threads }: Config): Promise<void> {
  const engine = await start({ backend: form as 'native', threads, quiet: true });
  const make = models[setting.model] as (options: object) => models.Model;
  const samples = await noise(setting);
  const trainer = new Trainer({
    model: make({ ...setting.options, ...(isSegmenter(setting) && { dropout: 0 }), engine, seed: 0 }), // the twin has no dropout
    policy: policies[policy as keyof typeof policies](),
    batches: { next: () => samples },
    optimizer: adamw({ lr: 5e-4, weightDecay: 0.05 }),
  });
  await serve(engine, trainer);
}

/** Random pixels, and for a segmenter a label for each of them. */
async function noise(setting: ModelSetting): Promise<Samples> {
  const { batch, options } = setting;
  const { imageSize: side, classes } = options;
  const samples = await data.noise({ count: batch, height: side, width: side, classes }).batches({ size: batch, shuffle: false }).next();
  if (!isSegmenter(setting)) return samples;
  return { ...samples, labels: Int32Array.from({ length: batch * side * side }, (_, i) => (i * 7919) % classes) };
}

void main(JSON.parse(process.argv[2] as string) as Config);
