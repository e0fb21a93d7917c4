import type { SampleKey } from './draws';
import type { RawImage, RawSample } from './image';

/** A pipeline as functions. They are pure: the same sample and key always give the same picture. */
export interface Transform {
  /** [height, width] of every picture; null where it depends on the sample. */
  readonly size: readonly [number, number] | null;
  /** The picture, and its mask, in bytes. */
  picture(sample: RawSample, key: SampleKey): RawSample;
  /** Writes such a picture as the model is fed it: normalised, with rectangles erased. */
  write(picture: RawImage, key: SampleKey, out: Float32Array): void; // out: [3, height, width]
}
