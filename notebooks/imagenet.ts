// What 04-imagenet.ipynb needs beside the library: the real DeiT-Ti and images where they are, and what is run with them.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adamw, data, dryEngine, models, planStep, policies, readWeights, recipes, start, Trainer } from 'mesa-lab';
import { folderChecksum } from './checksum';
import { type AlongOptions, along } from './experiments/along';
import { finetuned, ranged } from './experiments/imagenet';
import type { AlongLine } from './imagenet-runs';
import { storedResults } from './stored';

export * from './imagenet-runs';
export * from './published-memory';
export { logged, notRun, provenance } from './runs';

const root = process.env.MESA_DATA ?? join(process.cwd(), '../../shared/data');
const weights = join(root, 'weights/deit_tiny_patch16_224_lnq.safetensors');
const sample = join(root, 'imagenet-sample');

/** Whether this run measures; if not it shows what was stored. */
export const isReal: boolean = existsSync(weights) && existsSync(sample);

export const { measured, origin } = storedResults('04-imagenet', isReal);

/** What numbers are only worth with. */
export async function about(): Promise<string> {
  const { isa, threads } = await start({ quiet: true });
  const sha256 = createHash('sha256').update(readFileSync(weights)).digest('hex').slice(0, 12);
  return `seed 1; imagenet-sample sha256 ${folderChecksum(sample)}, weights sha256 ${sha256}; Node ${process.version}, ${isa}, ${threads} threads`;
}

type Row = Record<string, string | number>;

/** The published weights on the 300 validation images: among 1,000 classes by two protocols, and among the ten that are there. */
export async function evaluated(): Promise<Row[]> {
  const row = (protocol: string, { accuracy, top5, loss }: { accuracy: number; top5?: number; loss: number }): Row => ({
    protocol,
    'top-1, %': (100 * accuracy).toFixed(1),
    'top-5, %': (100 * (top5 ?? Number.NaN)).toFixed(1),
    loss: loss.toFixed(3),
  });
  const among1000 = (protocol: string): ReturnType<typeof recipes.evaluate> =>
    recipes.evaluate({ model: 'deitTiny', weights, data: sample, protocol, batch: 50 });
  return [
    row('1,000 classes, the 224 px files as they are', await among1000('as-is')),
    row('1,000 classes, as published: resize 256, crop 224', await among1000('published')),
    row('restricted to the 10 classes, as they are', await amongTen()),
  ];
}

/** The head's rows of ten classes: the model as it is, with no choice but these. */
async function amongTen(): Promise<{ accuracy: number; top5?: number; loss: number }> {
  const [all, ten] = [(await data.imagenet(sample)).val, await data.imageFolder(join(sample, 'val'))];
  const classes = [...new Set(all.labels)];
  const published = await readWeights(weights);
  const rows = (name: string, size: number): Float32Array => {
    const values = (published.get(name) as { data: Float32Array }).data;
    return Float32Array.from(classes.flatMap((c) => [...values.subarray(c * size, (c + 1) * size)]));
  };
  const model = models.deitTiny({ classes: classes.length });
  published.set('head.weight', { shape: [classes.length, 192], data: rows('head.weight', 192) });
  published.set('head.bias', { shape: [classes.length], data: rows('head.bias', 1) });
  model.load(published);
  const batches = ten.batches({ size: 50, shuffle: false, pipeline: { kind: 'evaluation', crop: 224 }, workers: 0 });
  const trainer = new Trainer({ model, batches, optimizer: adamw({ lr: 0 }), policy: policies.exact() });
  try {
    return await trainer.evaluate(batches, { top5: true });
  } finally {
    trainer.dispose();
    model.dispose();
    batches.dispose();
  }
}

/** The first steps of some arms of an experiment, with seed 1; their validation loss is over 60 images. */
export async function firstSteps(experiment: 'finetune' | 'ranges', names: readonly string[], options: AlongOptions): Promise<AlongLine[]> {
  const lines: AlongLine[] = [];
  const here = { 'model.pretrained': weights, 'data.workers': 0, 'evaluation.images': 60 };
  for (const arm of experiment === 'finetune' ? finetuned : ranged) {
    if (!names.includes(arm.arm)) continue;
    lines.push({ arm: arm.arm, seed: 1, ...(await along({ ...arm, set: { ...arm.set, ...here } }, 1, sample, options)) });
  }
  return lines;
}

/** What the full recipe takes on this machine: bytes from a dry step, time from the images a second of a measured one. */
export async function fullCost(recipe: string, imagesPerSecond: number): Promise<Row[]> {
  const { model, batch, accumulate = 1, length, policy } = await recipes.read(recipe);
  const micro = Math.ceil(batch / accumulate);
  const { graph } = models.deitTiny({ classes: model.classes as number, engine: dryEngine() });
  const { peakBytes } = planStep({ graph, policy: policies[policy](), batch: 2 * micro, accumulate: 2, optimizer: adamw({ lr: 1e-3 }) });
  const images = 1_281_167 * ('epochs' in length ? length.epochs : Number.NaN);
  return [
    { cost: 'images to train on', estimate: images.toLocaleString('en-US') },
    { cost: 'steps', estimate: Math.round(images / batch).toLocaleString('en-US') },
    { cost: `peak, MiB (micro-batches of ${micro})`, estimate: Math.round(peakBytes / 2 ** 20) },
    { cost: 'images a second, measured above', estimate: imagesPerSecond.toFixed(1) },
    { cost: 'days, without evaluation and augmentation', estimate: Math.round(images / imagesPerSecond / 86400) },
  ];
}
