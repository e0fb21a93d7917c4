import { watch } from '../../kernel-lib/index';
import type { Trainer } from '../../kernel-lib/train/trainer';
import type { Watcher } from '../../kernel-lib/train/watcher';

/** Every watcher of the library, looking at all it can at every step. */
export function allWatchers(trainer: Trainer): Watcher[] {
  const running = trainer.plan.policy.name === 'mesa';
  return [
    watch.activationHistogram({ at: 'blocks.**', by: 'head' }),
    watch.headError({ at: 'blocks.**', whatIf: [{ bits: 8, group: 'row' }, { bits: 4 }, { group: 'tensor' }] }),
    watch.memoryTimeline(),
    ...(running ? [watch.rangeTrace()] : []),
    watch.gradientNorm(),
    watch.attentionMaps({ images: [0, 5] }),
    watch.nanTrap(),
    watch.gradientFidelity({ every: 1 }),
  ];
}
