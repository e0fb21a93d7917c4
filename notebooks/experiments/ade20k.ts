import { policies } from 'mesa-lab';
import type { Arm } from './arm';
import { repacked } from './cifar100';

const onDeit = { recipe: 'ade20k-semantic-fpn-deit-tiny', perImage: true } as const;

/** Policies between a floor and a control that is known to break, and what the head alone learns. */
function compared(size: string): Arm[] {
  const base = { ...onDeit, size };
  const [exact, mesa] = [policies.exact(), policies.mesa()];
  return [
    { ...base, arm: 'exact', what: 'the reference', policy: exact },
    { ...base, arm: 'mesa', what: '8 bits, a running range a head', policy: mesa },
    { ...base, arm: 'plus', what: '8 bits, a range a row and head', policy: policies.plus() },
    { ...base, arm: 'exact, nudged', what: 'one weight moved by one unit in the last place: the floor', policy: exact, nudged: true },
    { ...base, arm: 'frozen backbone', what: 'neck and head alone are trained', policy: exact, set: { 'model.frozen': ['backbone.**'] } },
    { ...base, arm: 'control', what: '2 bits a layer: known to break', policy: repacked(mesa, 'control', { bits: 2, group: 'tensor' }) },
  ];
}

export const fourClasses: readonly Arm[] = compared('laptop');
export const camvid: readonly Arm[] = compared('camvid');

/** All 150 classes at 512 px, random start, a few steps. */
export const smoke: readonly Arm[] = (['swin', 'pvt'] as const).flatMap((backbone) =>
  (['exact', 'mesa', 'plus'] as const).map((name) => ({
    recipe: `ade20k-semantic-fpn-${backbone}-tiny`,
    size: 'smoke',
    arm: `${backbone === 'swin' ? 'Swin-T' : 'PVT-Ti'}, ${name}`,
    what: 'a smoke test',
    policy: policies[name](),
  })),
);

const small = { ...onDeit, size: 'laptop' } as const;

/** Square pictures of another size. */
const side = (px: number): NonNullable<Arm['set']> => ({
  'model.imageSize': px,
  'data.train.scale': [4 * px, px],
  'data.train.crop': [px, px],
  'evaluation.pipeline.scale': [px, px],
  'evaluation.pipeline.pad': [px, px],
});

/** What the bytes of `exact` at batch 4 are good for otherwise: as many steps of larger batches or pictures. 06-ade20k.ipynb finds these sizes. */
export const reinvested: readonly Arm[] = [
  { ...small, arm: 'exact, batch 4', what: 'the budget', policy: policies.exact(), set: { batch: 4 } },
  { ...small, arm: 'mesa, batch 8', what: 'a larger batch', policy: policies.mesa(), set: { batch: 8 } },
  { ...small, arm: 'plus, batch 10', what: 'a larger batch', policy: policies.plus(), set: { batch: 10 } },
  { ...small, arm: 'exact, batch 8 in 4', what: 'micro-batches of 2', policy: policies.exact(), set: { batch: 8, accumulate: 4 } },
  { ...small, arm: 'mesa, 320 px', what: 'larger pictures', policy: policies.mesa(), set: { batch: 4, ...side(320) } },
  { ...small, arm: 'plus, 352 px', what: 'larger pictures', policy: policies.plus(), set: { batch: 4, ...side(352) } },
];
