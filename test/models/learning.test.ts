import { expect, it } from 'vitest';
import { start } from '../../kernel-lib/engine/start';
import { createModel } from '../../kernel-lib/models/model';
import { policies } from '../../kernel-lib/tape/policies';
import { adamw } from '../../kernel-lib/train/adamw';
import { Trainer } from '../../kernel-lib/train/trainer';
import { images, labels, size } from './numbers';
import { graphOf, readStored } from './twin';

const [COUNT, CLASSES, SIDE] = [4, 5, 8];

it.each(['swin', 'pvt', 'semantic-fpn-swin'])(
  '%s learns a batch by heart from its random start, under the published policy',
  async (name) => {
    const engine = await start({ threads: 2, poison: true, quiet: true });
    const before = engine.ledger.liveBytes;
    const twin = await readStored(name);
    const graph = graphOf(twin, twin.model === 'semanticFpn' ? { neckWidth: 16, headWidth: 16 } : {});
    const model = createModel(graph, { engine, seed: 1 });
    const shape = [COUNT, ...graph.feeds.labels!.spec.dims];
    const batch = {
      count: COUNT,
      images: images([size([COUNT, ...graph.feeds.images!.spec.dims])]),
      labels: shape.length > 1 ? squares(shape as [number, number, number]) : labels(shape, CLASSES),
    };
    const trainer = new Trainer({ model, policy: policies.mesa(), batches: { next: () => batch }, optimizer: adamw({ lr: 1e-2 }) });
    const { loss: first } = await trainer.step();
    await trainer.fit({ steps: 30 });
    const { loss: last } = await trainer.step();
    expect(last).toBeLessThan(0.5 * first);
    trainer.dispose();
    model.dispose();
    expect(engine.ledger.liveBytes).toBe(before);
  },
);

/** Labels [b, height, width] that are equal within squares. */
function squares([b, height, width]: [number, number, number]): Int32Array {
  const drawn = labels([b, height, width], CLASSES);
  const first = (i: number): number => i - (i % SIDE);
  const at = (i: number): number => {
    const [sample, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    return (sample * height + first(y)) * width + first(x);
  };
  return drawn.map((_, i) => drawn[at(i)]!);
}
