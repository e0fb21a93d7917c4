import { type Trainer, watch } from 'mesa-lab';

/** The default watchers, by how often each looks in a run. Here every one of them looks at every step, so that its cost is seen in each. */
export const watched: Readonly<Record<string, { readonly every: number; readonly add: (trainer: Trainer) => void }>> = {
  'memoryTimeline, gradientNorm, rangeTrace': {
    every: 1,
    add(trainer) {
      trainer.watch(watch.memoryTimeline());
      trainer.watch(watch.gradientNorm());
      trainer.watch(watch.rangeTrace());
    },
  },
  'headError, activationHistogram of q, k, v': {
    every: 10,
    add(trainer) {
      const at = ['q', 'k', 'v'].map((name) => `blocks.*.attn.${name}`);
      trainer.watch(watch.headError({ at }));
      trainer.watch(watch.activationHistogram({ at }));
    },
  },
  gradientFidelity: { every: 100, add: (trainer) => void trainer.watch(watch.gradientFidelity({ every: 1 })) },
};
