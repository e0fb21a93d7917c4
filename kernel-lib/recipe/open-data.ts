import { ade20k, camvid, cifar100, imageFolder, imagenet, type Loader, type LoaderOptions, mnist, noise } from '../data/data';
import { MesaError } from '../errors';
import type { DataRecipe, DataSetName } from './recipe';

/** A part of a data set: images in memory or in files. */
export interface DataPart {
  readonly count: number;
  readonly classes: number;
  batches(options: LoaderOptions): Loader;
}

/** What is trained on, and what is evaluated on. */
export interface DataParts {
  readonly train: DataPart;
  readonly evaluation: DataPart;
}

type Open = (folder: string, data: Pick<DataRecipe, 'onBad' | 'codes'>) => Promise<DataParts>;

/** The data sets that recipes may name. */
export const dataSets: Readonly<Record<DataSetName, Open>> = {
  imagenet: async (folder, { onBad }) => parts(await imagenet(folder, { ...(onBad && { onBad }) })),
  ade20k: async (folder, { onBad, codes }) => parts(await ade20k(folder, { ...codes, ...(onBad && { onBad }) })),
  camvid: async (folder, { onBad }) => {
    const { train, test } = await camvid(folder, { ...(onBad && { onBad }) });
    return { train, evaluation: test };
  },
  cifar100: async (folder) => tested(await cifar100(folder)),
  mnist: async () => tested(await mnist()),
  imageFolder: async (folder, { onBad }) => ({
    train: await imageFolder(`${folder}/train`, { ...(onBad && { onBad }) }),
    evaluation: await imageFolder(`${folder}/val`, { ...(onBad && { onBad }) }),
  }),
  /** Random pixels and labels, for tests. */
  noise: async () => ({ train: noise({ count: 256 }), evaluation: noise({ count: 64, seed: 1 }) }),
};

/** Opens the data of a recipe; `folder` goes before the recipe's own, which is `datasets/` and the set's name unless it says so. */
export async function openData(data: DataRecipe, folder: string = data.folder ?? `datasets/${data.set}`): Promise<DataParts> {
  return dataSets[data.set](folder, data);
}

/** Refuses a model whose classes are not those of the data. */
export function checkClasses({ classes }: DataPart, ofModel: number | undefined): void {
  if (ofModel === classes) return;
  throw new MesaError('classes', {
    at: 'model.classes',
    says: `the model tells ${ofModel} classes, the data has ${classes}`,
    try: `model.classes=${classes}`,
  });
}

const parts = ({ train, val }: { readonly train: DataPart; readonly val: DataPart }): DataParts => ({ train, evaluation: val });
const tested = ({ train, test }: { readonly train: DataPart; readonly test: DataPart }): DataParts => ({ train, evaluation: test });
