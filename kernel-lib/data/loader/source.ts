import type { LabelledImages } from '../dataset';
import type { MaskCodes } from '../decode/mask-codes';
import type { BadSample } from './report';

/** What a worker is told of a sample. */
export interface Item {
  readonly index: number;
  /** Of a sample without a mask. */
  readonly label: number;
  readonly image?: string;
  readonly mask?: string;
}

/** Images in memory that all threads see. */
export type SharedImages = Pick<LabelledImages, 'images' | 'channels' | 'height' | 'width'>;

/** What a loader reads from. What workers need of it is plain data. */
export interface Source {
  readonly count: number;
  readonly classes: number;
  /** Whether samples have a mask. */
  readonly masked: boolean;
  readonly memory?: SharedImages;
  readonly codes?: MaskCodes;
  /** What was left out when the data set was listed. */
  readonly skipped?: readonly BadSample[];
  item(index: number): Item;
}

/** A data set in memory as a source; its pixels are copied where threads could not share them. */
export function memorySource(data: LabelledImages): Source {
  const { count, classes, images, labels, channels, height, width } = data;
  return {
    count,
    classes,
    masked: false,
    memory: { images: images.buffer instanceof SharedArrayBuffer ? images : shared(images), channels, height, width },
    item: (index) => ({ index, label: labels[index] as number }),
  };
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}
