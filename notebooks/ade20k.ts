// What 06-ade20k.ipynb needs beside the library: the data where MESA_DATA or ../shared/data has it, and the logs of `npm run experiment`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { adamw, data, dryEngine, models, type overlay, type Policy, planStep, recipes, type Samples } from 'mesa-lab';
import { folderChecksum } from './checksum';
import { storedResults } from './stored';

export * from './largest-within';
export * from './runs';
export * from './segmentation-runs';
export * from './segmentation-scores';
export * from './show-log';

type RawImage = Parameters<typeof overlay>[0];
type RawMask = Parameters<typeof overlay>[1];

const root = process.env.MESA_DATA ?? join(process.cwd(), '../../shared/data');
const weights = join(root, 'weights/deit_tiny_patch16_224_lnq.safetensors');
const FOLDERS = { laptop: 'ade20k-4class', camvid: 'camvid-sample', smoke: 'ade20k-sample' } as const;
const COLORS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

export type Size = keyof typeof FOLDERS;

/** Whether this run measures; if not it shows what was stored. */
export const isReal: boolean = [weights, ...Object.values(FOLDERS).map((name) => join(root, name))].every((path) => existsSync(path));

export const { measured, origin } = storedResults('06-ade20k', isReal);

/** A recipe in a small size, made ready to run on the data here. */
export async function ready(backbone: 'deit' | 'swin' | 'pvt', size: Size, set: recipes.Overrides = {}): Promise<recipes.Run> {
  const here = { 'data.workers': 0, ...(backbone === 'deit' && { 'model.pretrained': weights }) };
  const recipe = await recipes.read(`ade20k-semantic-fpn-${backbone}-tiny`, { size, set: { ...here, seed: 1, ...set } });
  return recipes.build(recipe, { folder: join(root, FOLDERS[size]) });
}

/** Some of the pictures that a run is evaluated on. */
export async function someImages({ recipe }: recipes.Run, size: 'laptop' | 'camvid', count: number): Promise<Samples> {
  const folder = join(root, FOLDERS[size]);
  const part = size === 'camvid' ? (await data.camvid(folder)).test : (await data.ade20k(folder, recipe.data.codes)).val;
  return part.batches({ size: count, seed: 4, pipeline: recipe.evaluation.pipeline, workers: 0 }).next(); // 4: of ADE20K mostly rooms
}

/** What numbers are only worth with. */
export function settingOf({ recipe, model, images }: recipes.Run, size: Size): string {
  const { isa, threads } = model.engine;
  const counts = `${images.train} images to train, ${images.evaluation} to evaluate`;
  return `seed ${recipe.seed}; ${FOLDERS[size]} (${counts}; sha256 ${folderChecksum(join(root, FOLDERS[size]))}); Node ${process.version}, ${isa}, ${threads} threads`;
}

/** Sample `i` of a batch as a picture with its mask, or with the one that was predicted. */
export function pictured({ images, labels, imageShape }: Samples, i: number, masks: Int32Array = labels!): readonly [RawImage, RawMask] {
  const [, height = 0, width = 0] = imageShape ?? [];
  const pixels = height * width;
  const byte = (c: number, p: number): number => 255 * ((images[(3 * i + c) * pixels + p] as number) * COLORS.std[c]! + COLORS.mean[c]!);
  const rgb = Uint8ClampedArray.from({ length: 3 * pixels }, (_, n) => byte(n % 3, Math.floor(n / 3)));
  return [
    { width, height, data: new Uint8Array(rgb) },
    { width, height, data: Uint8Array.from(masks.subarray(i * pixels, (i + 1) * pixels)) }, // -1 becomes 255
  ];
}

/** |a - b| / |b| of two gradients, all parameters as one vector. */
export function distance(a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>): number {
  let [difference, size] = [0, 0];
  for (const [name, values] of b)
    values.forEach((x, i) => {
      difference += (((a.get(name) as Float32Array)[i] as number) - x) ** 2;
      size += x ** 2;
    });
  return Math.sqrt(difference / size);
}

/** The bytes of a step of Semantic FPN on DeiT-Ti with four classes, from a dry run. */
export function peakOf(policy: Policy, { side = 224, batch = 4, accumulate = 1 }): number {
  const { graph } = models.semanticFpn({ backbone: 'deitTiny', imageSize: side, classes: 4, dropPath: 0.1, engine: dryEngine() });
  return planStep({ graph, policy, batch, accumulate, optimizer: adamw({ lr: 1e-4 }), threads: 2 }).peakBytes;
}
