/** A model of the library and a batch, that both sides run. */
export interface ModelSetting {
  readonly name: string;
  /** As in `models`, and in bench/twins. */
  readonly model: 'deitTiny' | 'swinTiny' | 'pvtTiny' | 'semanticFpn' | 'vit' | 'swin';
  readonly options: { readonly imageSize: number; readonly classes: number } & Readonly<Record<string, unknown>>;
  readonly batch: number;
}

const classifier = { imageSize: 224, classes: 1000 } as const;
const segmenter = { imageSize: 256, classes: 150 } as const;

export const modelSettings: readonly ModelSetting[] = [
  { name: 'Swin-T, 224 px, batch 8', model: 'swinTiny', options: classifier, batch: 8 },
  { name: 'PVT-Ti, 224 px, batch 8', model: 'pvtTiny', options: classifier, batch: 8 },
  { name: 'DeiT-Ti, 224 px, batch 8', model: 'deitTiny', options: classifier, batch: 8 },
  { name: 'Semantic FPN on Swin-T, 256 px, batch 4', model: 'semanticFpn', options: { ...segmenter, backbone: 'swinTiny' }, batch: 4 },
  { name: 'Semantic FPN on DeiT-Ti, 256 px, batch 4', model: 'semanticFpn', options: { ...segmenter, backbone: 'deitTiny' }, batch: 4 },
];

/** For the smoke test. */
export const quickModels: readonly ModelSetting[] = [
  {
    name: 'a Swin of 2 stages, 32 px, batch 4',
    model: 'swin',
    options: { imageSize: 32, classes: 10, patchSize: 4, width: 32, depths: [1, 1], heads: [1, 2], window: 4 },
    batch: 4,
  },
  {
    name: 'Semantic FPN on a ViT of 4 blocks, 32 px, batch 2',
    model: 'semanticFpn',
    options: {
      imageSize: 32,
      classes: 5,
      neckWidth: 32,
      headWidth: 32,
      backbone: { vit: { patchSize: 16, width: 32, depth: 4, heads: 2 } },
    },
    batch: 2,
  },
];

export const isSegmenter = ({ model }: ModelSetting): boolean => model === 'semanticFpn';
