import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MesaError } from '../../errors';
import { type LabelledFiles, labelledFiles } from './image-files';
import { stem } from './listing';
import { Problems, type ReadOptions } from './problems';

/** Labels by the names of files, without what follows the last dot. */
export interface FlatLabels {
  readonly path: string;
  readonly of: ReadonlyMap<string, string>;
}

const WNID = /^n\d{8}$/;
const NUMBER = /^\d{1,4}$/;

/** Where the labels of a flat folder usually are: in it, beside it, or as Kaggle and Caffe name them. */
const placesOf = (part: string): string[] => [`${part}/labels.csv`, `${part}_labels.csv`, `${part}.txt`, `LOC_${part}_solution.csv`];

/**
 * Reads lines of a file's name and its wnid or class number. The devkit's list of numbers alone is not read: it counts classes in another
 * order, and every label would be wrong.
 */
export async function readLabels(folder: string, part: string, given?: string): Promise<FlatLabels> {
  const places = given ? [given] : placesOf(part);
  for (const place of places) {
    const path = join(folder, place);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return { path, of: parse(text, path) };
  }
  throw new MesaError('labels-not-found', {
    at: join(folder, part),
    says: `images without folders of classes, and none of ${places.join(', ')}`,
    try: 'labels: a file with lines like ILSVRC2012_val_00000001.JPEG,n01751748',
  });
}

function parse(text: string, path: string): Map<string, string> {
  const labels = new Map<string, string>();
  const [header, ...rest] = text.trim().split(/\r?\n/);
  const lines = /wnid|class|ImageId|label/i.test(header as string) ? rest : [header as string, ...rest];
  for (const line of lines) {
    const [name, ...fields] = line.split(/[,\s]+/);
    const label = fields.find((field) => WNID.test(field)) ?? (NUMBER.test(fields[0] ?? '') ? fields[0] : undefined);
    const key = stem(name as string);
    if (!name || label === undefined || labels.has(key))
      throw new MesaError('data-corrupt', {
        at: path,
        says: `'${line}' ${labels.has(key) ? 'labels a file for the second time' : 'is no name with a wnid or class number'}`,
      });
    labels.set(key, label);
  }
  return labels;
}

interface Flat {
  readonly folder: string;
  readonly files: readonly string[];
  readonly labels: FlatLabels;
  readonly classNames: readonly string[];
  readonly classOf: (wnid: string) => number | undefined;
  readonly howToGet: string;
  readonly onBad: ReadOptions['onBad'];
}

/** The files of a folder with labels from a list. */
export function flatFiles({ folder, files, labels, classNames, classOf, howToGet, onBad }: Flat): LabelledFiles {
  const problems = new Problems(onBad);
  const images: string[] = [];
  const numbers: number[] = [];
  const unseen = new Set(labels.of.keys());
  for (const file of files) {
    const path = join(folder, file);
    const label = labels.of.get(stem(file));
    unseen.delete(stem(file));
    const number = label === undefined ? undefined : WNID.test(label) ? classOf(label) : Number(label);
    if (label === undefined) problems.add(path, 'label-missing', `has no line in ${labels.path}`);
    else if (number === undefined || number >= classNames.length)
      problems.add(path, 'class-unknown', `'${label}' is none of the ${classNames.length} classes`);
    else {
      images.push(path);
      numbers.push(number);
    }
  }
  for (const name of unseen) problems.add(join(folder, name), 'image-missing', `is in ${labels.path} and not in the folder`);
  return labelledFiles({
    folder,
    howToGet,
    images,
    labels: Int32Array.from(numbers),
    classes: classNames.length,
    classNames,
    skipped: problems.found,
  });
}
