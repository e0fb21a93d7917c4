import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { IMAGENET_MEAN, IMAGENET_STD, SIDE } from './imagenet';

/** Real ImageNet images, normalised, with their labels among the 1000 classes. */
export interface RealImages {
  readonly images: Float32Array; // [count, 3, 224, 224]
  readonly labels: Int32Array;
  readonly count: number;
}

/** `count` images of a split, class after class in turn, from `skip` on. */
export async function realImages(data: string, split: 'train' | 'val', count: number, skip = 0): Promise<RealImages> {
  const folder = join(data, 'imagenet-sample');
  const classes = readFileSync(join(folder, 'imagenet1k_classes.txt'), 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[0]);
  const wnids = readdirSync(join(folder, split)).sort();
  const images = new Float32Array(count * 3 * SIDE * SIDE);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const n = i + skip;
    const wnid = wnids[n % wnids.length] as string;
    const files = readdirSync(join(folder, split, wnid)).sort();
    const rgb = await sharp(join(folder, split, wnid, files[Math.floor(n / wnids.length)] as string))
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
    for (let p = 0; p < SIDE * SIDE; p++) {
      for (let c = 0; c < 3; c++) {
        images[(i * 3 + c) * SIDE * SIDE + p] =
          ((rgb[3 * p + c] as number) / 255 - (IMAGENET_MEAN[c] as number)) / (IMAGENET_STD[c] as number);
      }
    }
    labels[i] = classes.indexOf(wnid);
  }
  return { images, labels, count };
}
