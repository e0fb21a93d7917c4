// The real DeiT-Ti and real images, where MESA_DATA or ../shared/data has them; for 03-head-error else results that were stored from a run with them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { data, models, readWeights, type Samples } from 'mesa-lab';
import { storedResults } from './stored';

const SIDE = 224;
const folder = process.env.MESA_DATA ?? join(process.cwd(), '../../shared/data');
const weights = join(folder, 'weights/deit_tiny_patch16_224_lnq.safetensors');
const sample = join(folder, 'imagenet-sample');
/** Whether this run measures; if not it shows what was stored. */
export const isReal: boolean = existsSync(weights) && existsSync(sample);

export const { measured, origin } = storedResults('03-head-error', isReal);

export interface Deit {
  readonly model: models.Model;
  readonly batches: { next(): Promise<Samples> };
  /** Where both come from, in words. */
  readonly from: string;
}

/** The real model, and batches of real images: one class after the other. Where they are not, the random start and noise. */
export async function deit(size: number): Promise<Deit> {
  const model = models.deitTiny({ seed: 1 });
  if (!isReal) {
    const batches = data.noise({ count: 4 * size, height: SIDE, width: SIDE, classes: 1000 }).batches({ size });
    return {
      model,
      batches,
      from: 'DeiT-Ti at its random start, on noise (no weights here): errors are smaller than those of a trained model',
    };
  }
  model.load(await readWeights(weights));
  let taken = 0;
  const next = (): Promise<Samples> => {
    taken += size;
    return batch(size, taken - size);
  };
  return { model, batches: { next }, from: 'DeiT-Ti with its published weights, on images of ImageNet' };
}

/** Images of the classes in turn, as they are: they have 224 pixels a side. */
async function batch(count: number, skip: number): Promise<Samples> {
  const classes = readFileSync(join(sample, 'imagenet1k_classes.txt'), 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[0]);
  const wnids = readdirSync(join(sample, 'train')).sort();
  const { picture, write } = data.transformOf({ kind: 'evaluation', crop: SIDE });
  const size = 3 * SIDE * SIDE;
  const images = new Float32Array(count * size);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const n = i + skip;
    const wnid = wnids[n % wnids.length] as string;
    const names = readdirSync(join(sample, 'train', wnid)).sort();
    const image = await data.decodeImage(join(sample, 'train', wnid, names[Math.floor(n / wnids.length)] as string));
    const key = { seed: 0, epoch: 0, place: n };
    const { image: shown } = picture({ image }, key);
    write(shown, key, images.subarray(i * size, (i + 1) * size));
    labels[i] = classes.indexOf(wnid);
  }
  return { count, images, labels, imageShape: [3, SIDE, SIDE] };
}
