import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adamw, data, models, policies, start, Trainer } from 'mesa-lab';
import sharp from 'sharp';
import { fixed } from '#lab/show/format';
import { textTable } from '#lab/show/text-table';
import { type Times, timesOf } from './rounds';
import type { Setting } from './settings';

export interface InputOptions {
  readonly rounds: number;
  readonly threads: number;
}

/** What reading files costs: the loader alone, and a training that is fed by it. */
export interface InputTimes {
  readonly setting: Setting;
  readonly alone: readonly { readonly pipeline: string; readonly workers: number; readonly imagesPerSecond: number }[];
  readonly training: readonly (Times & { readonly fed: string; readonly waiting: number })[];
}

const FILES = 128;
const BLOCKS = 3; // of `rounds` steps: sources take turns, so that whatever else the machine does meets all of them alike
const REST_MS = 1500; // between two blocks the loaders fill up and fall silent

const pipelinesOf = (size: number): Readonly<Record<string, data.ClassificationPipeline>> => ({
  'crop and flip': { kind: 'classification', size, flip: 0.5 },
  'DeiT recipe': {
    kind: 'classification',
    size,
    flip: 0.5,
    randAugment: 'rand-m9-mstd0.5-inc1',
    colorJitter: 0.4,
    erase: { probability: 0.25 },
  },
});

/** Images a second of the loader with 0 to `threads` workers, and steps fed by it beside steps on one batch. */
export async function inputTimes(setting: Setting, options: InputOptions): Promise<InputTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'mesa-input-'));
  try {
    await writeImages(folder, setting.image);
    const set = await data.imageFolder(folder);
    return { setting, alone: await loadersAlone(set, setting, options), training: await trainings(set, setting, options) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function loadersAlone(
  set: data.LabelledFiles,
  { image, batch }: Setting,
  { rounds, threads }: InputOptions,
): Promise<InputTimes['alone']> {
  const times: { pipeline: string; workers: number; imagesPerSecond: number }[] = [];
  for (const [pipeline, description] of Object.entries(pipelinesOf(image))) {
    for (let workers = 0; workers <= threads; workers++) {
      const loader = set.batches({ size: batch, workers, pipeline: description });
      for (let i = 0; i < 5; i++) await loader.next(); // threads start, code is compiled, what was made ahead is used up
      const began = performance.now();
      for (let i = 0; i < rounds; i++) await loader.next();
      times.push({ pipeline, workers, imagesPerSecond: (1000 * rounds * batch) / (performance.now() - began) });
      loader.dispose();
    }
  }
  return times;
}

async function trainings(set: data.LabelledFiles, setting: Setting, { rounds, threads }: InputOptions): Promise<InputTimes['training']> {
  const engine = await start({ threads, quiet: true });
  const { image: imageSize, patch: patchSize, width, depth, heads, classes, batch: size } = setting;
  const model = models.vit({ engine, imageSize, patchSize, width, depth, heads, classes, seed: 0 });
  const loaders = Object.entries(pipelinesOf(imageSize)).map(
    ([name, pipeline]) => [name, set.batches({ size, pipeline, dropLast: true })] as const,
  );
  const first = await (loaders[0] as readonly [string, data.Loader])[1].next();
  const one = { ...first, images: first.images.slice(), labels: first.labels.slice() };
  const sources = new Map<string, { next(): Promise<data.Batch> }>([['one batch, in memory', { next: async () => one }], ...loaders]);

  let source = sources.values().next().value as { next(): Promise<data.Batch> };
  let waited = 0;
  const next = async (): Promise<data.Batch> => {
    const began = performance.now();
    const batch = await source.next();
    waited += performance.now() - began;
    return batch;
  };
  const trainer = new Trainer({ model, policy: policies.mesa(), batches: { next }, optimizer: adamw({ lr: 5e-4, weightDecay: 0.05 }) });

  const ms = new Map<string, number[]>([...sources.keys()].map((name) => [name, []]));
  const waits = new Map<string, number>();
  for (let block = -1; block < BLOCKS; block++) {
    for (const [name, fed] of sources) {
      source = fed;
      await source.next(); // its workers are on their way again
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      waited = 0;
      for (let i = 0; i < (block < 0 ? 2 : rounds); i++) {
        const began = performance.now();
        await trainer.step();
        if (block >= 0) ms.get(name)?.push(performance.now() - began);
      }
      if (block >= 0) waits.set(name, (waits.get(name) ?? 0) + waited);
    }
  }
  for (const [, loader] of loaders) loader.dispose();
  return [...ms].map(([fed, times]) => ({ fed, ...timesOf(times), waiting: (waits.get(fed) ?? 0) / times.reduce((a, b) => a + b) }));
}

/** JPEG files with smooth noise: about as many bytes a pixel as photographs have. */
async function writeImages(folder: string, side: number): Promise<void> {
  await mkdir(join(folder, 'class'));
  for (let i = 0; i < FILES; i++) {
    const { images } = data.noise({ count: 1, channels: 3, height: side, width: side, seed: i });
    const image = sharp(images, { raw: { width: side, height: side, channels: 3 } }).blur(2);
    await writeFile(join(folder, `class/${i}.jpg`), await image.jpeg({ quality: 90 }).toBuffer());
  }
}

export function inputTable({ setting, alone, training }: InputTimes): string {
  const [floor] = training;
  const share = (own: number, of: number | undefined): string => fixed((100 * (of ?? Number.NaN)) / own);
  return [
    `files of ${setting.image} px: the loader alone`,
    textTable(
      ['pipeline', 'workers', 'images/s'],
      alone.map(({ pipeline, workers, imagesPerSecond }) => [pipeline, String(workers), fixed(imagesPerSecond)]),
    ),
    '',
    `setting ${setting.name}: ${setting.what}, policy mesa, fed by`,
    textTable(
      ['source', 'step: min, ms', 'median, ms', 'images/s, median', 'of one batch, %: min', 'median', 'waiting, %'],
      training.map(({ fed, min, median, waiting }) => [
        fed,
        fixed(min),
        fixed(median),
        fixed((1000 * setting.batch) / median),
        share(min, floor?.min),
        share(median, floor?.median),
        fixed(100 * waiting),
      ]),
    ),
  ].join('\n');
}
