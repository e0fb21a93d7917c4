import { type Packing, type Policy, policies } from 'mesa-lab';
import type { Arm } from './arm';

/** The policy with every packed value packed otherwise. */
export function repacked(base: Policy, name: string, change: Partial<Packing>): Policy {
  const rules = base.rules.map((rule) =>
    rule.keep.form === 'packed' && rule.keep.packing.group === 'head'
      ? { ...rule, keep: { ...rule.keep, packing: { ...rule.keep.packing, ...change } } }
      : rule,
  );
  return { name, rules };
}

const mesa = policies.mesa();
const scratch = { recipe: 'cifar100-deit-tiny', size: 'laptop' } as const;
const tuned = { recipe: 'cifar100-deit-tiny', size: 'finetune' } as const;

/** From scratch: policies, who shares a range, how fast running ranges follow; between a floor and a control that is known to break. */
export const fromScratch: readonly Arm[] = [
  { ...scratch, arm: 'exact', what: 'the reference', policy: policies.exact() },
  { ...scratch, arm: 'exact, nudged', what: 'one weight moved by one unit in the last place: the floor', policy: policies.exact(), nudged: true },
  { ...scratch, arm: 'mesa', what: '8 bits, a running range a head', policy: mesa },
  { ...scratch, arm: 'plus', what: '8 bits, a range a row and head', policy: policies.plus() },
  { ...scratch, arm: 'norms', what: 'normalised outputs alone, 8 bits, rows', policy: policies.norms() },
  { ...scratch, arm: 'mesa, layer', what: 'one range for a whole value', policy: repacked(mesa, 'mesa, layer', { group: 'tensor' }) },
  { ...scratch, arm: 'mesa, decay 0', what: 'ranges of each batch alone', policy: repacked(mesa, 'mesa, decay 0', { decay: 0 }) },
  { ...scratch, arm: 'mesa, decay 0.5', what: 'running ranges that follow fast', policy: repacked(mesa, 'mesa, decay 0.5', { decay: 0.5 }) },
  { ...scratch, arm: 'mesa, decay 0.99', what: 'running ranges that follow slowly', policy: repacked(mesa, 'mesa, decay 0.99', { decay: 0.99 }) },
  { ...scratch, arm: 'control', what: '2 bits a layer: known to break', policy: repacked(mesa, 'control', { bits: 2, group: 'tensor' }) },
];

/** The published DeiT-Ti with a new head, at 112 px. */
export const finetuned: readonly Arm[] = (['exact', 'mesa', 'plus', 'norms'] as const).map((name) => ({
  ...tuned,
  arm: name,
  what: `fine-tuned under ${name}`,
  policy: policies[name](),
}));
