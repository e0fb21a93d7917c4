import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../../kernel-lib/engine/engine';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { type VitOptions, vit } from '../../kernel-lib/models/vit';
import { normal } from '../../kernel-lib/random/draws';
import { key } from '../../kernel-lib/random/key';
import type { Call, Tape } from '../../kernel-lib/tape/api';
import type { Observer } from '../../kernel-lib/tape/observer';
import type { Policy } from '../../kernel-lib/tape/policy';
import { createTape } from '../../kernel-lib/tape/tape';

/** A ViT small enough for many runs, with odd sizes: 17 tokens, 3 heads of 8 channels, 2 blocks. */
export const SMALL: VitOptions = { imageSize: 12, patchSize: 3, channels: 3, classes: 7, width: 24, depth: 2, heads: 3 };

export interface Rig {
  readonly engine: Engine;
  readonly model: Model;
  readonly feeds: Record<string, Tensor>;
  readonly samples: number;
}

/** A model with noise images and labels on an engine. */
export function rig(engine: Engine, options: VitOptions = SMALL, samples = 6, seed = 3): Rig {
  const graph = vit(options);
  const model = createModel(graph, { engine, seed });
  const { spec } = graph.feeds.images as { spec: { dims: readonly number[] } };
  const size = samples * spec.dims.reduce((a, b) => a * b, 1);
  const images = engine.from(normal(key(seed, 0, 0, 'images'), size), [samples, ...spec.dims], 'float32', {
    category: 'data',
    name: 'images',
  });
  const labels = engine.from(
    Int32Array.from({ length: samples }, (_, i) => (i * 5) % (options.classes ?? 1000)),
    [samples],
    'int32',
    { category: 'data', name: 'labels' },
  );
  return { engine, model, feeds: { images, labels }, samples };
}

export const call = (samples: number, over: Partial<Call> = {}): Call => ({
  samples,
  seed: 1,
  step: 0,
  micro: 0,
  training: true,
  ranges: new Map(),
  ...over,
});

export interface Result {
  readonly losses: Float32Array;
  readonly gradients: Map<string, Float32Array>;
  readonly savedBytes: number;
}

/** One forward and backward pass, read to JavaScript; leaves nothing allocated. */
export function once(
  { engine, model, feeds, samples }: Rig,
  policy: Policy,
  o: { slice?: number; call?: Partial<Call>; observer?: Observer; trainable?: (p: string) => boolean } = {},
): Result {
  const tape: Tape = createTape({
    engine,
    graph: model.graph,
    policy,
    ...(o.slice ? { slice: o.slice } : {}),
    ...(o.trainable ? { trainable: o.trainable } : {}),
  });
  const pass = tape.forward(model.params, feeds, call(samples, o.call), o.observer);
  const into = new Map<string, Tensor>();
  try {
    pass.backward(1 / samples, into);
    const losses = pass.losses();
    const gradients = new Map([...into].map(([name, t]) => [name, engine.read(t) as Float32Array]));
    return { losses, gradients, savedBytes: pass.savedBytes };
  } finally {
    pass.dispose();
    for (const t of into.values()) t.dispose();
  }
}

/** Cosine and relative error of one set of gradients against another, in float64. */
export function fidelity(
  got: Map<string, Float32Array>,
  want: Map<string, Float32Array>,
): { cos: number; rel: number; lowest: number; worst: string } {
  let [ab, aa, bb, ee] = [0, 0, 0, 0];
  let lowest = 1;
  let worst = '';
  for (const [name, b] of want) {
    const a = got.get(name) as Float32Array;
    let [p, q, r] = [0, 0, 0];
    for (let i = 0; i < b.length; i++) {
      const [x, y] = [a[i] as number, b[i] as number];
      p += x * y;
      q += x * x;
      r += y * y;
      ee += (x - y) ** 2;
    }
    ab += p;
    aa += q;
    bb += r;
    const cos = p / Math.sqrt(q * r);
    if (b.length >= 1000 && cos < lowest) [lowest, worst] = [cos, name];
  }
  return { cos: ab / Math.sqrt(aa * bb), rel: Math.sqrt(ee / bb), lowest, worst };
}

/** FNV-1a of the bits of arrays: equal hashes for equal bits. */
export function bits(arrays: Iterable<Float32Array>): number {
  let h = 0x811c9dc5;
  for (const a of arrays) for (const b of new Uint8Array(a.buffer, a.byteOffset, a.byteLength)) h = Math.imul(h ^ b, 0x01000193) >>> 0;
  return h;
}
