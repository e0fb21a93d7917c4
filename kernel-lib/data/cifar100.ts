import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { MesaError } from '../errors';
import { type Dataset, dataset, type Split } from './dataset';
import { readWhole } from './read-whole';

const SIDE = 32;
const PIXEL_BYTES = 3 * SIDE * SIDE;
const RECORD_BYTES = 2 + PIXEL_BYTES; // coarse label, fine label, red, green and blue planes
const CLASSES = 100;
const STATISTICS = { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] } as const;
const TRAIN_FILES = ['train.bin', 'train_10000.bin']; // the whole set, or a cut of 100 images a class
const HOW_TO_GET = 'npx mesa-lab data get cifar100, which unpacks cifar-100-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html';

/**
 * CIFAR-100 in its binary format: `train.bin`, `test.bin` and `fine_label_names.txt` in a folder.
 *
 * @example
 * const { train, test } = await data.cifar100('datasets/cifar100');
 */
export async function cifar100(folder: string): Promise<Split> {
  const names = await readNames(join(folder, 'fine_label_names.txt'));
  return {
    train: await read(await firstOf(folder, TRAIN_FILES), names),
    test: await read(join(folder, 'test.bin'), names),
  };
}

async function read(path: string, classNames: readonly string[]): Promise<Dataset> {
  const file = await readWhole(path, HOW_TO_GET);
  const count = Math.floor(file.length / RECORD_BYTES);
  if (count === 0 || file.length !== count * RECORD_BYTES) {
    throw corrupt(path, `${file.length} bytes are ${count} records of ${RECORD_BYTES} and ${file.length - count * RECORD_BYTES} left over`);
  }
  const images = new Uint8Array(new SharedArrayBuffer(count * PIXEL_BYTES)); // so that a loader's threads need no copy
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const record = file.subarray(i * RECORD_BYTES, (i + 1) * RECORD_BYTES);
    const label = record[1] as number;
    if (label >= CLASSES) throw corrupt(path, `record ${i} has fine label ${label}, the last class is ${CLASSES - 1}`);
    labels[i] = label;
    images.set(record.subarray(2), i * PIXEL_BYTES);
  }
  return dataset({ images, labels, count, channels: 3, height: SIDE, width: SIDE, classes: CLASSES, ...STATISTICS, classNames });
}

async function readNames(path: string): Promise<readonly string[]> {
  const names = (await readWhole(path, HOW_TO_GET)).toString('utf8').trim().split(/\r?\n/);
  if (names.length !== CLASSES) throw corrupt(path, `${names.length} names for ${CLASSES} classes`);
  return names;
}

/** The first of some files that is there; the first name when none is. */
async function firstOf(folder: string, files: readonly string[]): Promise<string> {
  for (const file of files) {
    const path = join(folder, file);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return join(folder, files[0] as string);
}

function corrupt(at: string, says: string): MesaError {
  return new MesaError('data-corrupt', { at, says, try: HOW_TO_GET });
}
