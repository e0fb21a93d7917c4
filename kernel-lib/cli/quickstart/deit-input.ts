import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { noise } from '../../data/data';
import { readWeights } from '../../files/weights';
import type { Weights } from '../../models/pretrained/fit-weights';
import type { Samples } from '../../train/feeds';
import { type Pixels, readPng } from './png';

/** Weights and a batch for a step of DeiT-Ti, and in words where they are from. */
export interface DeitInput {
  /** Absent: the random start. */
  readonly weights?: Weights;
  readonly samples: Samples;
  readonly weightsFrom: string;
  readonly imagesFrom: string;
}

const WEIGHTS = 'weights/deit_tiny_patch16_224_lnq.safetensors';
const SIDE = 224;

interface Reference {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly images: readonly { readonly file: string; readonly label: number }[];
}

/** Real weights and images from the folder MESA_DATA or `../shared/data` where they are found, else the random start and noise. */
export async function deitInput(batch: number): Promise<DeitInput> {
  const folder = [process.env.MESA_DATA, '../shared/data'].find((f) => f && existsSync(join(f, WEIGHTS)));
  if (!folder) {
    const stream = noise({ height: SIDE, width: SIDE, count: batch, classes: 1000 }).batches({ size: batch, shuffle: false });
    return { samples: await stream.next(), weightsFrom: 'random initialisation, which flatters every policy', imagesFrom: 'noise' };
  }
  const path = resolve(folder, WEIGHTS);
  const weights = await readWeights(path);
  const samples = await referenceSamples(join(dirname(path), 'reference'), batch);
  return { weights, samples, weightsFrom: 'the published DeiT-Ti weights', imagesFrom: 'four ImageNet images, each also mirrored' };
}

/** `batch` images made of the reference images and their mirror images. */
async function referenceSamples(folder: string, batch: number): Promise<Samples> {
  const { mean, std, images: list } = JSON.parse(await readFile(join(folder, 'logits.json'), 'utf8')) as Reference;
  const pictures = await Promise.all(list.map(({ file }) => readPng(join(folder, file))));
  const size = 3 * SIDE * SIDE;
  const images = new Float32Array(batch * size);
  const labels = new Int32Array(batch);
  for (let i = 0; i < batch; i++) {
    const which = i % pictures.length;
    const mirrored = Math.floor(i / pictures.length) % 2 === 1;
    normalise(pictures[which] as Pixels, mirrored, mean, std, images.subarray(i * size, (i + 1) * size));
    labels[i] = (list[which] as Reference['images'][number]).label;
  }
  return { count: batch, images, labels, imageShape: [3, SIDE, SIDE] };
}

function normalise({ rgb }: Pixels, mirrored: boolean, mean: readonly number[], std: readonly number[], out: Float32Array): void {
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const byte = rgb[3 * (y * SIDE + (mirrored ? SIDE - 1 - x : x)) + c] as number;
        out[(c * SIDE + y) * SIDE + x] = (byte / 255 - (mean[c] as number)) / (std[c] as number);
      }
    }
  }
}
