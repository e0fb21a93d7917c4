// The real DeiT-Ti and real images, where MESA_DATA or ../shared/data has them; for 03-head-error else results that were stored from a run with them.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { data, models, readWeights, type Samples } from 'mesa-lab';

const SIDE = 224;
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];
const folder = process.env.MESA_DATA ?? join(process.cwd(), '../../shared/data');
const weights = join(folder, 'weights/deit_tiny_patch16_224_lnq.safetensors');
const sample = join(folder, 'imagenet-sample');
const file = join(process.cwd(), 'data/03-head-error.json');

/** Whether this run measures; if not it shows what was stored. */
export const isReal: boolean = existsSync(weights) && existsSync(sample);

interface Stored {
  made: string;
  command: string;
  results: Record<string, unknown>;
}

const stored: Stored = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { made: '', command: '', results: {} };

/** One line that says where the numbers of this notebook come from. */
export function origin(): string {
  if (isReal) return 'Measured in this run, with the real DeiT-Ti weights and ImageNet images.';
  return `STORED RESULTS, not measured in this run (no weights here; MESA_DATA names their folder). Made ${stored.made} by: ${stored.command}`;
}

/** What `work` gives with the real weights; without them what it gave when it was stored. MESA_STORE=1 stores it. */
export async function measured<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!isReal) return stored.results[name] as T;
  const result = await work();
  if (process.env.MESA_STORE) {
    Object.assign(stored, {
      made: new Date().toISOString().slice(0, 10),
      command: 'MESA_STORE=1 npx mesa-lab notebook run notebooks/03-head-error.ipynb',
    });
    stored.results[name] = result;
    writeFileSync(file, `${JSON.stringify(stored, (_, x) => (typeof x === 'number' ? Number(x.toPrecision(5)) : x))}\n`);
  }
  return result;
}

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

async function batch(count: number, skip: number): Promise<Samples> {
  const sharp = require('sharp');
  const classes = readFileSync(join(sample, 'imagenet1k_classes.txt'), 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[0]);
  const wnids = readdirSync(join(sample, 'train')).sort();
  const images = new Float32Array(count * 3 * SIDE * SIDE);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const n = i + skip;
    const wnid = wnids[n % wnids.length] as string;
    const names = readdirSync(join(sample, 'train', wnid)).sort();
    const path = join(sample, 'train', wnid, names[Math.floor(n / wnids.length)] as string);
    const rgb: Uint8Array = await sharp(path).toColourspace('srgb').removeAlpha().raw().toBuffer();
    for (let c = 0; c < 3; c++) {
      for (let p = 0; p < SIDE * SIDE; p++) {
        images[(i * 3 + c) * SIDE * SIDE + p] = ((rgb[3 * p + c] as number) / 255 - (MEAN[c] as number)) / (STD[c] as number);
      }
    }
    labels[i] = classes.indexOf(wnid);
  }
  return { count, images, labels, imageShape: [3, SIDE, SIDE] };
}
