import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MesaError } from '../../errors';
import { flatFiles, readLabels } from './flat-labels';
import { type LabelledFiles, labelledFiles } from './image-files';
import { classFolders } from './image-folder';
import { foldersIn, imagesIn } from './listing';
import { nothingIn, type ReadOptions } from './problems';

export interface ImageNetOptions extends ReadOptions {
  /** Folders below the given one. */
  readonly train?: string;
  readonly val?: string;
  /** Labels of a `val` without folders: lines of a file's name and its wnid or class number, below the given folder. */
  readonly labels?: string;
}

export interface ImageNet {
  readonly train: LabelledFiles;
  readonly val: LabelledFiles;
}

const DEFAULTS = { train: 'train', val: 'val' } as const;
const CLASS_LISTS = ['imagenet1k_classes.txt', 'synset_words.txt', 'LOC_synset_mapping.txt']; // lines of a wnid and its names
const HOW_TO_GET = 'folders train/ and val/ with a folder for each wnid (n01440764, ...); see datasets/imagenet.json';

/**
 * ImageNet, or a part of it: `train/` and `val/` with a folder for each wnid, or a flat `val/` with a file of labels. A list of all classes
 * (`imagenet1k_classes.txt`) in the folder gives a few wnids their number among the 1,000.
 *
 * @example
 * const { val } = await data.imagenet('imagenette2-320');
 */
export async function imagenet(folder: string, options: ImageNetOptions = {}): Promise<ImageNet> {
  const { train, val, labels, onBad } = { ...DEFAULTS, ...options };
  const classes = (await readClasses(folder)) ?? (await classesOf(folder, [train, val]));
  const number = new Map(classes.map(({ wnid }, i) => [wnid, i]));
  const classNames = classes.map(({ names }) => names);

  async function part(name: string): Promise<LabelledFiles> {
    const path = join(folder, name);
    const shared = { folder: path, classNames, howToGet: HOW_TO_GET };
    const folders = await foldersIn(path);
    if (folders.length > 0) return classFolders({ ...shared, folders, classOf: (wnid) => number.get(wnid), onBad });
    const files = await imagesIn(path);
    if (files.length === 0)
      return labelledFiles({ ...shared, images: [], labels: new Int32Array(), classes: classNames.length, skipped: [] });
    return flatFiles({ ...shared, files, labels: await readLabels(folder, name, labels), classOf: (wnid) => number.get(wnid), onBad });
  }

  const parts: ImageNet = { train: await part(train), val: await part(val) };
  if (parts.train.count + parts.val.count === 0) throw nothingIn(folder, `no image in ${train}/ or ${val}/`, HOW_TO_GET);
  return parts;
}

interface Class {
  readonly wnid: string;
  readonly names: string;
}

async function readClasses(folder: string): Promise<Class[] | undefined> {
  for (const file of CLASS_LISTS) {
    const text = await readFile(join(folder, file), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    return text
      .trim()
      .split(/\r?\n/)
      .map((line, i) => {
        const [, wnid, names] = /^(n\d{8})\s+(.+)$/.exec(line) ?? [];
        if (wnid && names) return { wnid, names };
        throw new MesaError('data-corrupt', {
          at: join(folder, file),
          says: `line ${i + 1} is '${line}'`,
          try: 'lines like n01440764 tench',
        });
      });
  }
  return undefined;
}

/** Without a list the classes are the folders of the first part that has some, in sorted order. */
async function classesOf(folder: string, parts: readonly string[]): Promise<Class[]> {
  for (const part of parts) {
    const folders = await foldersIn(join(folder, part));
    if (folders.length > 0) return folders.map((wnid) => ({ wnid, names: wnid }));
  }
  throw nothingIn(folder, `no folders of classes in ${parts.join('/ or ')}/, and no list of classes`, HOW_TO_GET);
}
