import { type Policy, policies } from 'mesa-lab';
import type { Arm } from './arm';
import { repacked } from './cifar100';

const mesa = policies.mesa();

/** The published DeiT-Ti goes on training on the 1,000 images of ten classes, 1000-way, fast enough that a bad gradient shows. */
function tuned(arm: string, what: string, policy: Policy): Arm {
  const set = {
    batch: 16,
    length: { steps: 36 },
    'schedule.warmup': { steps: 4 },
    'optimizer.lr': 1e-4,
    'evaluation.pipeline': { kind: 'evaluation', crop: 224 }, // the files as they are
  };
  return { arm, what, recipe: 'imagenet-deit-tiny', size: 'finetune', set, policy };
}

/** Policies between a floor and a control that is known to break. */
export const finetuned: readonly Arm[] = [
  tuned('exact', 'the reference', policies.exact()),
  { ...tuned('exact, nudged', 'the floor: one weight moved by one ulp', policies.exact()), nudged: true },
  tuned('mesa', '8 bits, a running range a head', mesa),
  tuned('plus', '8 bits, a range a row and head', policies.plus()),
  tuned('norms', 'normalised outputs alone, 8 bits, rows', policies.norms()),
  tuned('control', '4 bits, a running range a head: known to break', repacked(mesa, 'control', { bits: 4 })),
];

const DECAYS = [0, 0.5, 0.9, 0.99] as const;

/** The published set of values with ranges of other groups and decays. A row is seen once, so it has no running range. */
export const ranged: readonly Arm[] = [
  ...(['layer', 'head'] as const).flatMap((who) =>
    DECAYS.map((decay) => {
      const name = `${who}, decay ${decay}`;
      return tuned(name, `a range a ${who}`, repacked(mesa, name, { group: who === 'layer' ? 'tensor' : 'head', decay }));
    }),
  ),
  tuned('row', 'a range a row and head, of the batch', repacked(mesa, 'row', { group: 'row', range: 'batch' })),
];
