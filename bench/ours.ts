// A worker that makes our training steps on demand: started with a contender's JSON.
import { adamw, data, models, policies, start, Trainer } from 'mesa-lab';
import type { Contender } from './contenders';
import { serve } from './serve';
import type { Setting } from './settings';
import { watched } from './watched';

type Config = Contender & { readonly setting: Setting; readonly threads: number };

async function main({ setting, policy = 'exact', form = 'native', micro, threads, watch: looks = '' }: Config): Promise<void> {
  const engine = await start({ backend: form as 'native', threads, quiet: true });
  const { image, patch, width, depth, heads, classes, batch } = setting;
  const model = models.vit({ engine, imageSize: image, patchSize: patch, width, depth, heads, classes, seed: 0 });
  const samples = await data.noise({ count: batch, height: image, width: image, classes }).batches({ size: batch, shuffle: false }).next();
  const trainer = new Trainer({
    model,
    policy: policies[policy as keyof typeof policies](),
    batches: { next: () => samples },
    optimizer: adamw({ lr: 5e-4, weightDecay: 0.05 }),
    accumulate: batch / micro,
  });
  watched[looks]?.add(trainer);
  await serve(engine, trainer);
}

void main(JSON.parse(process.argv[2] as string) as Config);
