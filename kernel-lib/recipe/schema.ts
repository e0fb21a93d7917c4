import { z } from 'zod';
import { policies } from '../tape/policies';
import { modelGraphs } from './model-graphs';
import { dataSets } from './open-data';

const whole = z.int().min(1);
const positive = z.number().positive();
const share = z.number().min(0).max(1);
const names = <T extends string>(of: Record<T, unknown>) => z.enum(Object.keys(of) as [T, ...T[]]);

const imageSize = z.union([whole, z.tuple([whole, whole])]);
const classifier = {
  imageSize: imageSize.optional(),
  channels: whole.optional(),
  classes: whole.optional(),
  dropPath: share.optional(),
  labelSmoothing: share.optional(),
  eps: positive.optional(),
};
const loading = {
  pretrained: z.union([z.literal(true), z.string()]).optional(),
  head: z.literal('new').optional(),
  frozen: z.array(z.string()).optional(),
};

const vit = {
  ...classifier,
  patchSize: whole.optional(),
  width: whole.optional(),
  depth: whole.optional(),
  heads: whole.optional(),
  mlpRatio: positive.optional(),
  initStd: positive.optional(),
  lora: z.strictObject({ rank: whole, alpha: positive, on: z.array(z.enum(['q', 'k', 'v', 'proj'])).optional() }).optional(),
};
const swin = {
  ...classifier,
  patchSize: whole.optional(),
  width: whole.optional(),
  depths: z.array(whole).optional(),
  heads: z.array(whole).optional(),
  window: whole.optional(),
  mlpRatio: positive.optional(),
};
const pvt = {
  ...classifier,
  widths: z.array(whole).optional(),
  depths: z.array(whole).optional(),
  heads: z.array(whole).optional(),
  mlpRatios: z.array(positive).optional(),
  reductions: z.array(whole).optional(),
};
const backbone = z.union([
  names(modelGraphs),
  z.strictObject({ vit: z.strictObject(vit) }),
  z.strictObject({ swin: z.strictObject(swin) }),
  z.strictObject({ pvt: z.strictObject(pvt) }),
]);
const segmenter = {
  backbone: backbone.optional(),
  imageSize: imageSize.optional(),
  channels: whole.optional(),
  classes: whole.optional(),
  neckWidth: whole.optional(),
  headWidth: whole.optional(),
  dropPath: share.optional(),
  dropout: share.optional(),
};

const called = <const N extends string>(name: readonly N[], options: z.ZodRawShape) =>
  z.strictObject({ name: z.enum(name), ...loading, ...options });

const model = z.discriminatedUnion('name', [
  called(['vit', 'deitTiny', 'deitSmall', 'deitBase'], vit),
  called(['swin', 'swinTiny', 'swinSmall', 'swinBase'], swin),
  called(['pvt', 'pvtTiny', 'pvtSmall', 'pvtMedium', 'pvtLarge'], pvt),
  called(['semanticFpn'], segmenter),
]);

const length = z.union([z.strictObject({ epochs: positive }), z.strictObject({ steps: whole })]);
/** Pipelines and mixing check themselves. */
const checkedElsewhere = z.looseObject({});

const data = z.strictObject({
  set: names(dataSets),
  folder: z.string().optional(),
  train: checkedElsewhere,
  mixing: checkedElsewhere.optional(),
  repeats: whole.optional(),
  workers: z.int().min(0).optional(),
  onBad: z.enum(['stop', 'skip']).optional(),
  codes: z.strictObject({ classes: whole, offset: z.int(), ignore: z.array(z.int()) }).optional(),
});

const warming = { warmup: length.optional(), warmupLr: z.number().min(0).optional(), minLr: z.number().min(0).optional() };

/** What a recipe may say. Fields that are not known are errors. */
export const schema: z.ZodType = z.strictObject({
  what: z.string(),
  published: z.strictObject({
    sources: z.array(z.string()).min(1),
    settings: z.record(z.string(), z.union([z.string(), z.number()])),
    results: z.record(z.string(), z.union([z.string(), z.number()])),
    differs: z.array(z.string()),
  }),
  model,
  data,
  optimizer: z.strictObject({
    name: z.literal('adamw'),
    lr: positive,
    weightDecay: z.number().min(0),
    betas: z.tuple([share, share]).optional(),
    eps: positive.optional(),
    noDecay: z.array(z.string()),
    rates: z.record(z.string(), positive).optional(),
  }),
  schedule: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('cosine'), ...warming }),
    z.strictObject({ kind: z.literal('poly'), power: positive.optional(), ...warming }),
    z.strictObject({ kind: z.literal('constant') }),
  ]),
  policy: names(policies),
  length,
  batch: whole,
  accumulate: whole.optional(),
  clip: positive.optional(),
  seed: z.int().min(0),
  evaluation: z.strictObject({ pipeline: checkedElsewhere, batch: whole, images: whole.optional(), every: length.optional() }),
  sizes: z.record(z.string(), z.strictObject({ because: z.array(z.string()).min(1), set: z.record(z.string(), z.unknown()) })).optional(),
});
