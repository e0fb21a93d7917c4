import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { data, models, readWeights, type Samples } from 'mesa-lab';
import sharp from 'sharp';

/** DeiT-Ti and a batch for it, and in words where they are from. */
export interface DeitInput {
  readonly model: models.Model;
  readonly samples: Samples;
  readonly weightsFrom: string;
  readonly imagesFrom: string;
}

const WEIGHTS = 'deit_tiny_patch16_224_lnq.safetensors';
const SIDE = 224;

interface Reference {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly images: readonly { readonly file: string; readonly label: number }[];
}

/** Real weights and images from the folder MESA_DATA or `../shared/data` where they are found, else the random start and noise. */
export async function deitInput(batch: number): Promise<DeitInput> {
  const folder = join(process.env.MESA_DATA ?? '../shared/data', 'weights');
  const model = models.deitTiny({ seed: 1 });
  if (!existsSync(join(folder, WEIGHTS))) {
    const samples = await data.noise({ height: SIDE, width: SIDE, count: batch, classes: 1000 }).batches({ size: batch }).next();
    return { model, samples, weightsFrom: 'random initialisation, which flatters every policy', imagesFrom: 'noise' };
  }
  model.load(await readWeights(join(folder, WEIGHTS)));
  const samples = await referenceSamples(join(folder, 'reference'), batch);
  return { model, samples, weightsFrom: 'the published DeiT-Ti weights', imagesFrom: 'four ImageNet images, each also mirrored' };
}

/** `batch` images made of the reference images and their mirror images. */
async function referenceSamples(folder: string, batch: number): Promise<Samples> {
  const { mean, std, images: list } = JSON.parse(await readFile(join(folder, 'logits.json'), 'utf8')) as Reference;
  const size = 3 * SIDE * SIDE;
  const images = new Float32Array(batch * size); // [batch, 3, side, side]
  const labels = new Int32Array(batch);
  for (let i = 0; i < batch; i++) {
    const { file, label } = list[i % list.length] as Reference['images'][number];
    const isMirrored = Math.floor(i / list.length) % 2 === 1;
    const rgb = await sharp(join(folder, file)).flop(isMirrored).removeAlpha().raw().toBuffer();
    const pixels = SIDE * SIDE;
    for (let at = 0; at < size; at++) {
      const channel = Math.floor(at / pixels);
      const byte = rgb[3 * (at % pixels) + channel] as number;
      images[i * size + at] = (byte / 255 - (mean[channel] as number)) / (std[channel] as number);
    }
    labels[i] = label;
  }
  return { count: batch, images, labels, imageShape: [3, SIDE, SIDE] };
}
