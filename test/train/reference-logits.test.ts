import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataset } from '../../kernel-lib/data/dataset';
import { readWeights } from '../../kernel-lib/files/weights';
import { createModel } from '../../kernel-lib/models/model';
import { deitTiny } from '../../kernel-lib/models/vit';
import { policies } from '../../kernel-lib/tape/policies';
import { createTape } from '../../kernel-lib/tape/tape';
import { decodePng } from '../png';
import { sharedData } from '../shared-data';
import { startOn } from './setup';

interface Reference {
  readonly mean: number[];
  readonly std: number[];
  readonly images: { readonly file: string; readonly label: number; readonly argmax: number; readonly logits: number[] }[];
}

const weights = sharedData('weights');
const SIDE = 224;

/** The reference images as a data set: bytes in planes. */
function referenceData(folder: string, { mean, std, images }: Reference): ReturnType<typeof dataset> {
  const planes = new Uint8Array(images.length * 3 * SIDE * SIDE);
  images.forEach(({ file }, i) => {
    const { rgb } = decodePng(readFileSync(join(folder, file)));
    for (let p = 0; p < SIDE * SIDE; p++) for (let c = 0; c < 3; c++) planes[(i * 3 + c) * SIDE * SIDE + p] = rgb[3 * p + c] as number;
  });
  const labels = Int32Array.from(images, (image) => image.label);
  return dataset({ images: planes, labels, count: images.length, channels: 3, height: SIDE, width: SIDE, classes: 1000, mean, std });
}

describe.skipIf(!weights)('DeiT-Ti with its published weights', () => {
  const folder = join(weights ?? '', 'reference');
  const reference = weights ? (JSON.parse(readFileSync(join(folder, 'logits.json'), 'utf8')) as Reference) : (undefined as never);

  it.each(['native', 'wasm'] as const)('gives the reference logits within 1e-4 on %s', async (backend) => {
    const engine = await startOn(backend);
    const model = createModel(deitTiny(), { engine });
    model.load(await readWeights(join(weights as string, 'deit_tiny_patch16_224_lnq.safetensors')));
    const { images, count } = await referenceData(folder, reference).batches({ size: reference.images.length, shuffle: false }).next();
    const feeds = {
      images: engine.from(images, [count, 3, SIDE, SIDE], 'float32', { category: 'data' }),
      labels: engine.from(new Int32Array(count), [count], 'int32', { category: 'data' }),
    };
    const tape = createTape({ engine, graph: model.graph, policy: policies.exact() });
    const call = { samples: count, seed: 0, step: 0, micro: 0, training: false, ranges: new Map() };
    const { logits } = tape.infer(model.params, feeds, call, ['logits']);
    const got = engine.read(logits as NonNullable<typeof logits>);
    const wanted = reference.images.flatMap((image) => image.logits);
    expect(got.length).toBe(wanted.length);
    const worst = wanted.reduce((most, x, i) => Math.max(most, Math.abs(x - (got[i] as number))), 0);
    console.info(`${backend} ${engine.isa}: largest difference of ${wanted.length} logits ${worst.toExponential(2)}`);
    expect(worst).toBeLessThan(1e-4);
    for (const t of [...Object.values(feeds), logits]) t?.dispose();
    model.dispose();
  });
});
