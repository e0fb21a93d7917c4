import type { Model } from '../models/model';
import type { Policy } from '../tape/policy';
import { adamw } from '../train/adamw';
import type { Samples } from '../train/feeds';
import { Trainer, type TrainerOptions } from '../train/trainer';
import { type FidelityRow, gradientFidelity } from './gradient-fidelity';

/** What real steps under a policy show. */
export interface Measured {
  /** Of the faster of two steps. */
  readonly ms: number;
  /** Of the gradient with the exact one, all parameters as one vector. */
  readonly cosine: number;
  /** |g - exact| / |exact|. */
  readonly relative: number;
}

interface MeasureOptions extends Pick<TrainerOptions, 'accumulate' | 'slice'> {
  readonly policies: readonly Policy[];
  readonly samples: Samples;
}

/** Three steps of one batch under each policy; a rate of 0 leaves the weights as they are. */
export async function measure(model: Model, { policies, samples, ...options }: MeasureOptions): Promise<Measured[]> {
  const optimizer = adamw({ lr: 0, weightDecay: 0 });
  const trainer = new Trainer({ model, batches: { next: () => samples }, optimizer, ...trainerOptions(options) });
  try {
    const all: Measured[] = [];
    for (const policy of policies) {
      trainer.setPolicy(policy);
      const fidelity = trainer.watch(gradientFidelity({ every: 1 }));
      await trainer.step(); // warms up as well
      trainer.unwatch(fidelity);
      const { cosine, relative } = fidelity.rows.find((r) => r.parameter === 'all') as FidelityRow;
      const times = [(await trainer.step()).ms, (await trainer.step()).ms];
      all.push({ ms: Math.min(...times), cosine, relative });
    }
    return all;
  } finally {
    trainer.dispose();
  }
}

/** Only those that are there: an `undefined` would replace a default. */
function trainerOptions({ accumulate, slice }: Pick<TrainerOptions, 'accumulate' | 'slice'>): Pick<TrainerOptions, 'accumulate' | 'slice'> {
  return { ...(accumulate !== undefined && { accumulate }), ...(slice !== undefined && { slice }) };
}
