import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transformOf } from '../../kernel-lib/data/augment';
import { readSample } from '../../kernel-lib/data/loader/read-sample';
import { type MaskedFiles, maskedFiles } from '../../kernel-lib/data/sets/image-files';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { semanticFpn } from '../../kernel-lib/models/semantic-fpn';
import { key, uniform } from '../../kernel-lib/random/random';
import { evaluator } from '../../kernel-lib/recipe/evaluator';
import type { ImageSize } from '../../kernel-lib/recipe/model-at-size';
import { ModelAtSize } from '../../kernel-lib/recipe/model-at-size';
import { policies } from '../../kernel-lib/tape/policies';
import { adamw } from '../../kernel-lib/train/adamw';
import type { Evaluation } from '../../kernel-lib/train/evaluate';
import { infer } from '../../kernel-lib/train/infer';
import { Trainer } from '../../kernel-lib/train/trainer';
import { put, raw, scratchFolder } from '../data/files';

const CLASSES = 3;
const small = { widths: [8, 8, 16, 16], depths: [1, 1, 1, 1], heads: [1, 1, 2, 2], mlpRatios: [1, 1, 1, 1] };
const graphAt = (imageSize: ImageSize = [32, 32]) =>
  semanticFpn({ backbone: { pvt: small }, imageSize, classes: CLASSES, neckWidth: 8, headWidth: 8 });

describe('segmentation evaluated picture by picture', async () => {
  const at = await scratchFolder();
  let [engine, model, trainer] = [] as unknown as [Engine, Model, Trainer];
  beforeAll(async () => {
    engine = await start({ quiet: true });
    model = createModel(graphAt(), { engine, seed: 3 });
    const batches = { next: () => Promise.reject(new Error('not trained')) };
    trainer = new Trainer({ model, batches, optimizer: adamw({ lr: 0 }), policy: policies.exact() });
  });
  afterAll(() => {
    trainer.dispose();
    model.dispose();
    expect(engine.ledger.liveBytes).toBe(0);
  });

  /** Pictures of noise with masks of coarse noise. */
  async function pictures(name: string, sizes: readonly (readonly [number, number])[]): Promise<MaskedFiles> {
    const [images, masks]: [string[], string[]] = [[], []];
    for (const [i, [width, height]] of sizes.entries()) {
      const noise = uniform(key(i, width, height, 'noise'), 3 * width * height, 0, 256);
      const picture = await raw(Uint8Array.from(noise), width, height, 3).png().toBuffer();
      const numbers = Uint8Array.from({ length: width * height }, (_, p) => [0, 1, 2, 255][(p >> 2) % 4] as number);
      const mask = await raw(numbers, width, height, 1).toColourspace('b-w').png().toBuffer();
      images.push(await put(at(`${name}/${i}.png`), picture));
      masks.push(await put(at(`${name}/${i}-mask.png`), mask));
    }
    const codes = { classes: CLASSES, offset: 0, ignore: [255] };
    return maskedFiles({ folder: at(name), howToGet: '', images, masks, codes, classes: CLASSES, skipped: [] });
  }

  const evaluate = (part: MaskedFiles, options: object, more = {}): Promise<Evaluation> =>
    evaluator(
      { trainer, model, graphAt },
      part,
      { pipeline: { kind: 'segmentation-evaluation', scale: [64, 32], ...options }, batch: 2 },
      more,
    )({
      perImage: true,
    });

  it('is that of batches where all pictures have the size of the model', async () => {
    const part = await pictures('same', [[32, 32], [32, 32], [32, 32]]); // biome-ignore format: pairs
    const own = await evaluate(part, { multiple: 32 });
    const padded = await evaluate(part, { pad: [32, 32] });
    expect(own.confusion).toEqual(padded.confusion);
    expect(own.confusions).toEqual(padded.confusions);
    expect(own.loss).toBeCloseTo(padded.loss, 6);
    expect(own.confusion?.reduce((a, b) => a + b)).toBe(3 * 32 * 32 * 0.75);
  });

  it('stretches a picture to sides of the model, and compares at the pixels of its mask', async () => {
    const part = await pictures('own', [[70, 40], [40, 70]]); // biome-ignore format: pairs
    const before = engine.ledger.liveBytes;
    const found = await evaluate(part, { multiple: 32 });
    expect(engine.ledger.liveBytes).toBe(before);
    const wanted = await Promise.all([0, 1].map((i) => expected(part, i)));
    expect(found.confusions?.map((c) => [...c])).toEqual(wanted);
    expect(found.samples).toBe(2);
  });

  /** The same from the logits, resized in float64. */
  async function expected({ images, masks, codes }: MaskedFiles, i: number): Promise<number[]> {
    const sample = await readSample({ image: images[i]!, mask: masks[i]! }, codes);
    const { picture, write } = transformOf({ kind: 'segmentation-evaluation', scale: [64, 32], multiple: 32 });
    const { image } = picture({ image: sample.image }, { seed: 0, epoch: 0, place: 0 });
    const { width, height } = image;
    expect([width, height]).toEqual(i === 0 ? [64, 32] : [32, 64]);
    const fed = new Float32Array(3 * width * height);
    write(image, { seed: 0, epoch: 0, place: 0 }, fed);
    const sized = new ModelAtSize(model, graphAt);
    const samples = { count: 1, images: fed, labels: new Int32Array(width * height) };
    const logits = infer(sized.at([height, width]), samples, ['logits'], ([t]) => engine.read(t!) as Float32Array);
    sized.dispose();
    const { width: wide, height: tall, data } = sample.mask!;
    const confusion = new Array<number>(CLASSES ** 2).fill(0);
    for (let p = 0; p < data.length; p++) {
      if (data[p] === 255) continue;
      const scores = upsampled(logits, [height / 4, width / 4], [Math.floor(p / wide), p % wide], [tall, wide]);
      confusion[data[p]! * CLASSES + scores.indexOf(Math.max(...scores))]!++;
    }
    return confusion;
  }

  it('stops at a picture that cannot be used, or goes on without it', async () => {
    const part = await pictures('bad', [[32, 32], [32, 32]]); // biome-ignore format: pairs
    await put(part.images[0]!, 'no picture');
    await expect(evaluate(part, { multiple: 32 })).rejects.toMatchObject({ code: 'image-unreadable', at: part.images[0] });
    expect((await evaluate(part, { multiple: 32 }, { onBad: 'skip' })).samples).toBe(1);
    await put(part.images[1]!, 'no picture');
    await expect(evaluate(part, { multiple: 32 }, { onBad: 'skip' })).rejects.toMatchObject({ code: 'nothing-to-evaluate' });
  });
});

/** The logits of a pixel, bilinear between the centres of a map's. */
function upsampled(logits: Float32Array, [h, w]: number[], [y, x]: number[], [tall, wide]: number[]): number[] {
  const axis = (at: number, from: number, to: number) => {
    const place = Math.max(0, ((at + 0.5) * from) / to - 0.5);
    const first = Math.min(from - 1, Math.floor(place));
    return { first, next: Math.min(from - 1, first + 1), share: place - first };
  };
  const [down, across] = [axis(y!, h!, tall!), axis(x!, w!, wide!)];
  return Array.from({ length: CLASSES }, (_, c) => {
    const at = (row: number, column: number) => logits[(row * w! + column) * CLASSES + c]!;
    const row = (r: number) => at(r, across.first) * (1 - across.share) + at(r, across.next) * across.share;
    return row(down.first) * (1 - down.share) + row(down.next) * down.share;
  });
}
