// Pipelines as data: plain JSON, so that a recipe holds them and a worker thread can be sent them.

export type Interpolation = 'bilinear' | 'bicubic';
export type Pair = readonly [number, number];
type Channels = readonly [number, number, number];

/** What a picture becomes last: (byte / 255 - mean) / std. Those of ImageNet when absent. */
export interface Normalisation {
  readonly mean?: Channels;
  readonly std?: Channels;
}

/** Rectangles of a normalised picture that are overwritten. */
export interface Erase {
  readonly probability: number;
  /** Normal noise a pixel, one normal draw a channel, or 0. */
  readonly mode?: 'pixel' | 'channel' | 'zero';
  readonly count?: number;
  /** Area of all of them together, as a share of the picture's. */
  readonly area?: Pair;
  /** Height by width. */
  readonly ratio?: Pair;
}

/** Training pictures of a classifier, in the order they are applied; what is absent below `flip` is off. */
export interface ClassificationPipeline extends Normalisation {
  readonly kind: 'classification';
  readonly size: number;
  /** Area of the random crop, as a share of the picture's. */
  readonly scale?: Pair;
  /** Width by height of the random crop. */
  readonly ratio?: Pair;
  /** Instead of a crop that is resized, one of `size` from the picture with this many black pixels around it (small pictures: CIFAR at 32). */
  readonly padding?: number;
  readonly interpolation?: Interpolation;
  /** Probability of a mirrored picture. */
  readonly flip?: number;
  /** timm's notation: `rand-m9-mstd0.5-inc1`. */
  readonly randAugment?: string;
  /** Brightness, contrast and saturation by 1 - this .. 1 + this. */
  readonly colorJitter?: number;
  /** timm leaves colour jitter out where there is RandAugment. */
  readonly jitterBesideRandAugment?: boolean;
  readonly erase?: Erase;
}

/** Evaluation pictures of a classifier: the shorter side resized, then the centre. */
export interface EvaluationPipeline extends Normalisation {
  readonly kind: 'evaluation';
  /** Pixels of the shorter side; absent: not resized. */
  readonly resize?: number;
  readonly crop: number;
  readonly interpolation?: Interpolation;
}

/** Training pictures with masks, as mmsegmentation makes them. */
export interface SegmentationPipeline extends Normalisation {
  readonly kind: 'segmentation';
  /** Longest and shortest side that the picture is resized to fit in. */
  readonly scale: Pair;
  /** `scale` is multiplied by a draw from this range. */
  readonly ratio?: Pair;
  /** Width and height; a smaller picture is padded with the mean and its mask with 255. */
  readonly crop: Pair;
  /** A crop with more of one class is drawn again, up to ten times. */
  readonly maxShareOfOneClass?: number;
  readonly flip?: number;
  /** Brightness, contrast, saturation and hue. */
  readonly photometric?: boolean;
}

/** Evaluation pictures with masks: resized to fit in `scale`, the ratio kept. */
export interface SegmentationEvaluationPipeline extends Normalisation {
  readonly kind: 'segmentation-evaluation';
  readonly scale: Pair;
  /** Width and height that it is padded to, below and to the right. */
  readonly pad?: Pair;
  /** Instead of `pad`: each side is raised to a multiple of this, and the picture resized once more to fill it. */
  readonly multiple?: number;
}

/** How a picture becomes what a model is fed. */
export type Pipeline = ClassificationPipeline | EvaluationPipeline | SegmentationPipeline | SegmentationEvaluationPipeline;

/** How the samples of a batch are mixed, as timm does in its mode 'batch'. */
export interface Mixing {
  readonly classes: number;
  /** Of Beta(mixup, mixup); 0: no mixup. */
  readonly mixup?: number;
  readonly cutmix?: number;
  /** Probability that a batch is mixed at all. */
  readonly probability?: number;
  /** Probability of cutmix where there are both. */
  readonly switch?: number;
  readonly smoothing?: number;
}

/** A pipeline with the defaults filled in. */
export type Complete<Options, Defaults> = Options & Required<Pick<Options, keyof Options & keyof Defaults>>;
