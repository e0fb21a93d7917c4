// The published memory rows, and what explains them: a model of the bytes that the published code saves, op by op, in mixed precision under torch 1.7.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adamw, dryEngine, type Engine, models, type Policy, planStep } from 'mesa-lab';

/** README of ziplab/Mesa: MiB of torch.cuda.max_memory_allocated at batch 128, 224 px; top-1 in %. */
export const PUBLISHED = {
  deitTiny: { model: 'DeiT-Ti', amp: 4171, mesa: 1858, top1: 71.9, top1Mesa: 72.1 },
  deitSmall: { model: 'DeiT-S', amp: 8459, mesa: 3840, top1: 79.8, top1Mesa: 80.0 },
  deitBase: { model: 'DeiT-B', amp: 17691, mesa: 8616, top1: 81.8, top1Mesa: 81.8 },
  swinTiny: { model: 'Swin-T', amp: 11812, mesa: 5371, top1: 81.3, top1Mesa: 81.3 },
  pvtTiny: { model: 'PVT-Ti', amp: 7800, mesa: 3782, top1: 75.1, top1Mesa: 74.9 },
} as const;

export type ModelName = keyof typeof PUBLISHED;
export const BATCH = 128;
const MIB = 2 ** 20;
const IMAGES = BATCH * 3 * 224 * 224;

/** Blocks of one shape. */
interface Blocks {
  readonly count: number;
  readonly channels: number;
  readonly heads: number;
  readonly tokens: number;
  /** Keys that a query meets. */
  readonly keys: number;
  /** Tokens that keys and values are made from, where they are not all: PVT's smaller maps. */
  readonly reduced?: number;
  readonly mlpRatio?: number;
  /** Scores to which a float32 bias is added are float32: Swin. */
  readonly bias?: true;
}

const deit = (channels: number): Blocks[] => [{ count: 12, channels, heads: channels / 64, tokens: 197, keys: 197 }];

const SHAPES: Readonly<Record<ModelName, readonly Blocks[]>> = {
  deitTiny: deit(192),
  deitSmall: deit(384),
  deitBase: deit(768),
  swinTiny: [2, 2, 6, 2].map((count, i) => ({
    count,
    channels: 96 << i,
    heads: 3 << i,
    tokens: (56 >> i) ** 2,
    keys: 49,
    bias: true,
  })),
  pvtTiny: [
    { count: 2, channels: 64, heads: 1, tokens: 3136, keys: 49, reduced: 49, mlpRatio: 8 },
    { count: 2, channels: 128, heads: 2, tokens: 784, keys: 49, reduced: 49, mlpRatio: 8 },
    { count: 2, channels: 320, heads: 5, tokens: 196, keys: 49, reduced: 49 },
    { count: 2, channels: 512, heads: 8, tokens: 50, keys: 50 },
  ],
};

/** Bytes that a block saves of a sample; of DeiT (36C + 8HN) and (16C + 3HN) a token. */
export function blockBytes(shape: Blocks): { readonly amp: number; readonly mesa: number } {
  const { channels: c, heads, tokens, keys, reduced, mlpRatio = 4, bias } = shape;
  const [map, small, hidden] = [c * tokens, c * (reduced ?? tokens), mlpRatio * c * tokens];
  const scores = heads * keys * tokens;
  const separate = reduced === undefined ? 0 : 1; // keys and values have a linear layer of their own, behind a convolution and a norm
  return {
    // Norms in float32, softmax in (half, or float32) and out (float32) and its half copy for the product, all else half.
    amp:
      2 * 4 * map +
      2 * 3 * map +
      separate * (2 * map + 4 * small + 2 * small) +
      2 * map +
      4 * small +
      ((bias ? 4 : 2) + 4 + 2) * scores +
      2 * 2 * hidden,
    // 8 bits each, but for the convolution, which the released policies leave alone.
    mesa: 2 * map + 3 * map + separate * (2 * map + 2 * small) + map + 2 * small + 3 * scores + 2 * hidden,
  };
}

/** Between stages: Swin's first norm (kept in float32), its merging norm and layer; PVT's norms, which are few bytes. */
function betweenBytes(name: ModelName): { readonly amp: number; readonly mesa: number } {
  const shapes = SHAPES[name];
  const maps = shapes.map(({ channels, tokens }) => channels * tokens);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  if (name === 'swinTiny') {
    const merged = sum(maps.slice(0, -1));
    return { amp: 4 * (maps[0] as number) + 6 * merged, mesa: 4 * (maps[0] as number) + 2 * merged };
  }
  return name === 'pvtTiny' ? { amp: 4 * sum(maps), mesa: sum(maps) } : { amp: 0, mesa: 0 };
}

/**
 * Bytes of the published layout at its batch, without temporaries: saves; 22 a parameter (weights, gradients, two moments, the bucket in which
 * gradients are exchanged, half copies); images, and their half copies.
 */
export function layoutBytes(name: ModelName): { readonly amp: number; readonly mesa: number } {
  const fixed = 22 * modelOf(name).paramCount + (4 + 2) * IMAGES;
  const between = betweenBytes(name);
  const blocks = SHAPES[name].map((shape) => ({ ...blockBytes(shape), count: shape.count }));
  const saved = (of: 'amp' | 'mesa'): number => BATCH * (between[of] + blocks.reduce((sum, b) => sum + b.count * b[of], 0));
  return { amp: saved('amp') + fixed, mesa: saved('mesa') + fixed };
}

/** Without memory. */
function modelOf(name: ModelName): models.Model {
  const make = models[name] as (options: { readonly engine: Engine }) => models.Model;
  return make({ engine: dryEngine() });
}

/** What `bench/pytorch/saved.py` counted. */
export interface PyTorch {
  readonly command: string;
  readonly torch: string;
  readonly savedBytes: Readonly<Record<ModelName, { readonly amp: number; readonly float32: number; readonly sdpa: number | null }>>;
}

/** A notebook stands in its own folder. */
export const pytorch = (file: string = join(process.cwd(), 'data/04-pytorch.json')): PyTorch | null =>
  existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;

type Row = Record<string, string | number>;
const NAMES = Object.keys(PUBLISHED) as ModelName[];
const mebibytes = (bytes: number): string => Math.round(bytes / MIB).toLocaleString('en-US');

export interface TableOptions {
  readonly names?: readonly ModelName[];
  readonly counted?: PyTorch | null;
}

/** Four columns, of which neighbours compare. */
export function fourColumns(exact: Policy, mesa: Policy, { names = NAMES, counted = pytorch() }: TableOptions = {}): Row[] {
  return names.flatMap((name) => {
    const { model, ...published } = PUBLISHED[name];
    const layout = layoutBytes(name);
    const rest = 16 * modelOf(name).paramCount + 4 * IMAGES;
    const today = (bytes: number | undefined | null): string => (bytes ? mebibytes(bytes + rest) : 'not counted');
    const row = (which: string, peak: number, bytes: number, now: string, policy: Policy): Row => ({
      model: `${model}, ${which}`,
      'published peak': peak.toLocaleString('en-US'),
      'byte model of that layout': mebibytes(bytes),
      'PyTorch of today, AMP | float32': now,
      'ours, float32': mebibytes(peakOf(name, policy)),
    });
    const saved = counted?.savedBytes[name];
    return [
      row('baseline', published.amp, layout.amp, `${today(saved?.amp)} | ${today(saved?.sdpa ?? saved?.float32)}`, exact),
      row('Mesa', published.mesa, layout.mesa, '', mesa),
    ];
  });
}

/** Peaks of all our policies, and of the rivals in micro-batches of 16, beside PyTorch in the same precision. */
export function ourPeaks(
  all: readonly Policy[],
  rivals: readonly Policy[],
  { names = NAMES, counted = pytorch() }: TableOptions = {},
): Row[] {
  return names.map((name) => {
    const saved = counted?.savedBytes[name];
    const rest = 16 * modelOf(name).paramCount + 4 * IMAGES;
    return {
      model: PUBLISHED[name].model,
      'PyTorch, float32': saved ? mebibytes((saved.sdpa ?? saved.float32) + rest) : 'not counted',
      ...Object.fromEntries(all.map((policy) => [policy.name, mebibytes(peakOf(name, policy))])),
      ...Object.fromEntries(rivals.map((policy) => [`${policy.name}, by 16`, mebibytes(peakOf(name, policy, 16))])),
    };
  });
}

/** Two micro-batches tell what any number of them takes. */
function peakOf(name: ModelName, policy: Policy, micro: number = BATCH): number {
  const accumulate = micro < BATCH ? 2 : 1;
  const optimizer = adamw({ lr: 1e-3 });
  return planStep({ graph: modelOf(name).graph, policy, batch: micro * accumulate, accumulate, optimizer, threads: 2 }).peakBytes;
}
