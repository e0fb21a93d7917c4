/** A model and a batch that both sides run. */
export interface Setting {
  readonly name: string;
  readonly what: string;
  readonly image: number;
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly classes: number;
  readonly batch: number;
}

const tiny = { width: 192, depth: 12, heads: 3 } as const;

export const settings: Readonly<Record<string, Setting>> = {
  A: { name: 'A', what: 'DeiT-Ti, 224 px, batch 16', image: 224, patch: 16, ...tiny, classes: 1000, batch: 16 },
  B: { name: 'B', what: 'DeiT-Ti, 32 px, patch 4, batch 64', image: 32, patch: 4, ...tiny, classes: 10, batch: 64 },
  C: { name: 'C', what: 'DeiT-S, 1024 px, batch 1', image: 1024, patch: 16, width: 384, depth: 12, heads: 6, classes: 1000, batch: 1 },
  /** For the smoke test. */
  quick: {
    name: 'quick',
    what: 'a ViT of 2 blocks, 32 px, batch 4',
    image: 32,
    patch: 8,
    width: 32,
    depth: 2,
    heads: 2,
    classes: 10,
    batch: 4,
  },
};

/** Tokens of a sample, class token included. */
export const tokensOf = ({ image, patch }: Setting): number => (image / patch) ** 2 + 1;
