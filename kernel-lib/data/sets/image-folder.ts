import { join } from 'node:path';
import { type LabelledFiles, labelledFiles } from './image-files';
import { foldersIn, imagesIn } from './listing';
import { nothingIn, Problems, type ReadOptions } from './problems';

const HOW_TO_GET = 'a folder for each class, with JPEG or PNG files in it';

/**
 * Any images in a folder for each class: class n is the n-th folder in sorted order.
 *
 * @example
 * const flowers = await data.imageFolder('flowers/train');
 */
export async function imageFolder(folder: string, { onBad }: ReadOptions = {}): Promise<LabelledFiles> {
  const classNames = await foldersIn(folder);
  if (classNames.length === 0) throw nothingIn(folder, 'no folder with images of a class', HOW_TO_GET);
  return classFolders({ folder, folders: classNames, classNames, classOf: (_, i) => i, howToGet: HOW_TO_GET, onBad });
}

/** What folders hold which class. */
export interface ClassFolders {
  readonly folder: string;
  readonly folders: readonly string[];
  readonly classNames: readonly string[];
  /** Undefined: no class that is known. */
  readonly classOf: (name: string, index: number) => number | undefined;
  readonly howToGet: string;
  readonly onBad: ReadOptions['onBad'];
}

/** The files of folders with a class each. */
export async function classFolders({ folder, folders, classNames, classOf, howToGet, onBad }: ClassFolders): Promise<LabelledFiles> {
  const problems = new Problems(onBad);
  const images: string[] = [];
  const labels: number[] = [];
  for (const [i, name] of folders.entries()) {
    const path = join(folder, name);
    const label = classOf(name, i);
    if (label === undefined) {
      problems.add(
        path,
        'class-unknown',
        `'${name}' is none of the ${classNames.length} classes`,
        'the folder of that class, or its removal',
      );
      continue;
    }
    const files = await imagesIn(path);
    if (files.length === 0) problems.add(path, 'class-empty', 'no JPEG or PNG file of this class', 'its files, or its removal');
    for (const file of files) {
      images.push(join(path, file));
      labels.push(label);
    }
  }
  return labelledFiles({
    folder,
    howToGet,
    images,
    labels: Int32Array.from(labels),
    classes: classNames.length,
    classNames,
    skipped: problems.found,
  });
}
