import {
  type Allowed,
  channels,
  checkOptions,
  flag,
  numberFrom,
  oneOf,
  positiveChannels,
  range,
  required,
  size,
  wholeFrom,
} from './check-options';
import type { Mixing, Pipeline } from './pipeline';
import { parse } from './rand-augment';

type Table = Readonly<Record<string, Allowed>>;

const probability = numberFrom(0, 1);
const kind = oneOf('classification', 'evaluation', 'segmentation', 'segmentation-evaluation');
const common: Table = { kind: required(kind), mean: channels, std: positiveChannels };
const interpolation = oneOf('bilinear', 'bicubic');
const object: Allowed = { is: (v) => typeof v === 'object' && v !== null, takes: '{ probability: 0.25 }' };
const text: Allowed = { is: (v) => typeof v === 'string', takes: "'rand-m9-mstd0.5-inc1'" };

const tables: Readonly<Record<Pipeline['kind'], Table>> = {
  classification: {
    ...common,
    size: required(wholeFrom(1)),
    scale: range(1),
    ratio: range(),
    padding: wholeFrom(0),
    interpolation,
    flip: probability,
    randAugment: text,
    colorJitter: numberFrom(0),
    jitterBesideRandAugment: flag,
    erase: object,
  },
  evaluation: { ...common, resize: wholeFrom(1), crop: required(wholeFrom(1)), interpolation },
  segmentation: {
    ...common,
    scale: required(size),
    ratio: range(),
    crop: required(size),
    maxShareOfOneClass: probability,
    flip: probability,
    photometric: flag,
  },
  'segmentation-evaluation': { ...common, scale: required(size), pad: size, multiple: wholeFrom(1) },
};

const erase: Table = {
  probability: required(probability),
  mode: oneOf('pixel', 'channel', 'zero'),
  count: wholeFrom(1),
  area: range(1),
  ratio: range(),
};

const mixing: Table = {
  classes: required(wholeFrom(1)),
  mixup: numberFrom(0),
  cutmix: numberFrom(0),
  probability,
  switch: probability,
  smoothing: probability,
};

export function checkPipeline(pipeline: Pipeline): void {
  checkOptions({ kind: pipeline.kind }, { kind: required(kind) }, 'pipeline');
  checkOptions(pipeline, tables[pipeline.kind], 'pipeline');
  if (pipeline.kind !== 'classification') return;
  if (pipeline.erase) checkOptions(pipeline.erase, erase, 'pipeline.erase');
  if (pipeline.randAugment) parse(pipeline.randAugment);
}

export function checkMixing(options: Mixing): void {
  checkOptions(options, mixing, 'mixing');
}
