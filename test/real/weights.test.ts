import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { deitTiny } from '../../kernel-lib/models/models';
import { evaluateWeights } from '../../kernel-lib/recipe/evaluate-weights';
import { policies } from '../../kernel-lib/tape/policies';
import { createTape } from '../../kernel-lib/tape/tape';
import { sharedData } from '../shared-data';
import { SIDE } from './imagenet';

interface Reference {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly images: readonly { readonly file: string; readonly logits: readonly number[] }[];
}

const data = sharedData('.') as string;
const weights = join(data ?? '', 'weights/deit_tiny_patch16_224_lnq.safetensors');

describe.skipIf(!data || !sharedData('weights'))('the real weights of DeiT-Ti', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await start({ quiet: true });
  });

  const score = (protocol: string, images: number, set = {}) =>
    evaluateWeights({ model: 'deitTiny', weights, data: join(data, 'imagenet-sample'), protocol, set, images, batch: 30, workers: 0 });

  it('give the logits of the reference', async () => {
    const folder = join(data, 'weights/reference');
    const { mean, std, images } = JSON.parse(readFileSync(join(folder, 'logits.json'), 'utf8')) as Reference;
    const model = await deitTiny({ pretrained: weights });
    const pixels = new Float32Array(images.length * 3 * SIDE * SIDE);
    for (const [i, { file }] of images.entries()) {
      const rgb = await sharp(join(folder, file)).removeAlpha().raw().toBuffer();
      for (let p = 0; p < SIDE * SIDE; p++) {
        for (let c = 0; c < 3; c++) pixels[(3 * i + c) * SIDE * SIDE + p] = (rgb[3 * p + c]! / 255 - mean[c]!) / std[c]!;
      }
    }
    const tape = createTape({ engine, graph: model.graph, policy: policies.exact() });
    const feeds = {
      images: engine.from(pixels, [images.length, 3, SIDE, SIDE], 'float32', { category: 'data', name: 'images' }),
      labels: engine.from(new Int32Array(images.length), [images.length], 'int32', { category: 'data', name: 'labels' }),
    };
    const call = { samples: images.length, seed: 0, step: 0, micro: 0, training: false, ranges: new Map() };
    const { logits } = tape.infer(model.params, feeds, call, ['logits']);
    const got = engine.read(logits!) as Float32Array;
    const expected = images.flatMap((image) => image.logits);
    const difference = Math.max(...expected.map((value, i) => Math.abs(value - got[i]!)));
    console.info(`logits differ from the float64 reference by at most ${difference.toExponential(1)}`);
    expect(difference).toBeLessThan(1e-4);
    for (const t of [logits!, ...Object.values(feeds)]) t.dispose();
    model.dispose();
  });

  it('tell 72.3 % of the 224 px images as they are, 90.3 % among the first five', async () => {
    const { accuracy, top5 } = await score('as-is', 300);
    expect(Math.round(300 * accuracy)).toBe(217);
    expect(Math.round(300 * (top5 as number))).toBe(271);
  });

  it('still tell most images at other sizes, with their positions resampled', async () => {
    const small = await score('published', 90, { imageSize: 112 });
    const large = await score('published', 60, { imageSize: 384 });
    console.info(`top-1 at 112 px ${small.accuracy.toFixed(3)} (90 images), at 384 px ${large.accuracy.toFixed(3)} (60 images)`);
    expect(small.accuracy).toBeGreaterThan(0.25); // 29 of 90
    expect(large.accuracy).toBeGreaterThan(0.55);
  });

  it('leave a new head of 100 classes at its random start', async () => {
    const [tuned, random] = [
      await deitTiny({ pretrained: weights, classes: 100, head: 'new', seed: 3 }),
      deitTiny({ classes: 100, seed: 3 }),
    ];
    expect(tuned.params.get('head.weight')!.shape).toEqual([100, 192]);
    expect(engine.read(tuned.params.get('head.weight')!)).toEqual(engine.read(random.params.get('head.weight')!));
    expect(engine.read(tuned.params.get('norm.weight')!)).not.toEqual(engine.read(random.params.get('norm.weight')!));
    await expect(deitTiny({ pretrained: weights, classes: 100 })).rejects.toThrow(/'head.weight' is \[1000,192\].*head: 'new'/);
    for (const model of [tuned, random]) model.dispose();
  });
});
