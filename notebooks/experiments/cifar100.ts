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

const recipe = 'cifar100-deit-tiny';
const mesa = policies.mesa();
const mesaWith = (name: string, change: Partial<Packing>): { arm: string; policy: Policy } => ({
  arm: name,
  policy: repacked(mesa, name, change),
});

/** The policies between a floor and a control that is known to break. */
function compared(size: string): Arm[] {
  const base = { recipe, size };
  return [
    { ...base, arm: 'exact', what: 'the reference', policy: policies.exact() },
    { ...base, arm: 'exact, nudged', what: 'the floor: one weight moved by one ulp', policy: policies.exact(), nudged: true },
    { ...base, arm: 'mesa', what: '8 bits, a running range a head', policy: mesa },
    { ...base, arm: 'plus', what: '8 bits, a range a row and head', policy: policies.plus() },
    { ...base, arm: 'norms', what: 'normalised outputs alone, 8 bits, rows', policy: policies.norms() },
    { ...base, ...mesaWith('control', { bits: 2, group: 'tensor' }), what: '2 bits, a range a layer: known to break' },
  ];
}

/** Also who shares a range, and how fast running ranges follow (`mesa`: heads, 0.9). */
export const fromScratch: readonly Arm[] = [
  ...compared('small'),
  { recipe, size: 'small', ...mesaWith('mesa, layer', { group: 'tensor' }), what: 'a running range a layer' },
  { recipe, size: 'small', ...mesaWith('mesa, decay 0', { decay: 0 }), what: 'ranges of each batch alone' },
  { recipe, size: 'small', ...mesaWith('mesa, decay 0.5', { decay: 0.5 }), what: 'ranges that follow fast' },
  { recipe, size: 'small', ...mesaWith('mesa, decay 0.99', { decay: 0.99 }), what: 'ranges that follow slowly' },
];

/** The published DeiT-Ti with a new head, at 112 px. */
export const finetuned: readonly Arm[] = compared('finetune-short');

/** Three epochs of it, evaluated on all test images. */
export const finetunedLong: readonly Arm[] = compared('finetune').filter(({ arm }) => arm === 'exact' || arm === 'mesa');

/** What the bytes of `exact` at batch 64 are good for otherwise, for as many images: 05-cifar100.ipynb finds these sizes. */
export const enlarged: readonly Arm[] = [
  { ...wider('exact', 64), what: 'the budget' },
  { ...wider('mesa', 124), what: 'a larger batch' },
  { ...wider('plus', 176), what: 'a larger batch' },
  { ...wider('exact', 176, 4), what: 'a larger batch, in micro-batches of 44' },
  { ...deeper('mesa', 7), what: 'a deeper model' },
  { ...deeper('plus', 10), what: 'a deeper model' },
  { ...deeper('exact', 10, 4), what: 'a deeper model, in micro-batches of 16' },
];

type Name = 'exact' | 'mesa' | 'plus';

/** With the square root of the batch the learning rate grows. */
function wider(name: Name, batch: number, accumulate: number = 1): Omit<Arm, 'what'> {
  const lr = Number((0.002 * Math.sqrt(batch / 64)).toPrecision(3));
  const set = { batch, accumulate, 'optimizer.lr': lr };
  return { recipe, size: 'small', arm: `${name}, batch ${batch}${inParts(accumulate)}`, policy: policies[name](), set };
}

function deeper(name: Name, depth: number, accumulate: number = 1): Omit<Arm, 'what'> {
  const set = { 'model.depth': depth, accumulate };
  return { recipe, size: 'small', arm: `${name}, ${depth} blocks${inParts(accumulate)}`, policy: policies[name](), set };
}

function inParts(accumulate: number): string {
  return accumulate > 1 ? ` in ${accumulate}` : '';
}
