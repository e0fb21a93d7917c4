import type { MaskCodes } from '../decode/mask-codes';
import { type Loader, loader } from '../loader/loader';
import type { LoaderOptions } from '../loader/options';
import type { BadSample } from '../loader/report';
import { nothingIn } from './problems';

/** Images in files: nothing of them is read before a batch is. */
export interface ImageFiles {
  readonly count: number;
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** Paths. */
  readonly images: readonly string[];
  /** What was left out when the folder was listed. */
  readonly skipped: readonly BadSample[];
  /**
   * Batches, read and transformed by worker threads while the step before runs.
   *
   * @example
   * const stream = val.batches({ size: 64, shuffle: false, pipeline: { kind: 'evaluation', resize: 256, crop: 224 } });
   */
  batches(options: LoaderOptions): Loader;
}

/** Images with a class each. */
export interface LabelledFiles extends ImageFiles {
  readonly labels: Int32Array; // [count]
}

/** Images with a mask each: a class for every pixel. */
export interface MaskedFiles extends ImageFiles {
  readonly masks: readonly string[];
  readonly codes: MaskCodes;
}

type Listed<T extends ImageFiles> = Omit<T, 'batches' | 'count'> & {
  /** Where they were looked for, and how to get them: for the error of an empty set. */
  readonly folder: string;
  readonly howToGet: string;
};

export function labelledFiles({ folder, howToGet, ...files }: Listed<LabelledFiles>): LabelledFiles {
  const { images, labels, classes, skipped } = files;
  const count = images.length;
  const item = (index: number) => ({ index, image: images[index] as string, label: labels[index] as number });
  return {
    ...files,
    count,
    batches: (options) => loader({ count: atLeastOne(count, folder, howToGet), classes, masked: false, skipped, item }, options),
  };
}

export function maskedFiles({ folder, howToGet, ...files }: Listed<MaskedFiles>): MaskedFiles {
  const { images, masks, codes, classes, skipped } = files;
  const count = images.length;
  const item = (index: number) => ({ index, image: images[index] as string, mask: masks[index] as string, label: -1 });
  return {
    ...files,
    count,
    batches: (options) => loader({ count: atLeastOne(count, folder, howToGet), classes, masked: true, codes, skipped, item }, options),
  };
}

/** A data set of which one part is there is useful, so a missing part is an error only when it is asked for batches. */
function atLeastOne(count: number, folder: string, howToGet: string): number {
  if (count === 0) throw nothingIn(folder, 'no image to make batches of', howToGet);
  return count;
}
