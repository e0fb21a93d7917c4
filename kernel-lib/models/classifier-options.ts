import type { ImageSize } from './images';

/** What the classifiers have in common. */
export interface ClassifierOptions {
  readonly imageSize?: ImageSize;
  readonly channels?: number;
  readonly classes?: number;
  /** Drop path rate of the last block; it grows linearly from 0 at the first. */
  readonly dropPath?: number;
  readonly labelSmoothing?: number;
  /** Feed `targets` [b, classes] in place of `labels` [b]. */
  readonly softTargets?: boolean;
}
