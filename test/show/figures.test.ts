import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adamw, data, type Figure, models, png, policies, start, Trainer, watch } from '../../kernel-lib/index';
import { titleOf } from '../../kernel-lib/show/theme';

interface Axis {
  readonly title?: { readonly text?: string };
  readonly visible?: boolean;
}

const figures = new Map<string, Figure>();

beforeAll(async () => {
  const engine = await start({ threads: 1 });
  const model = models.vit({ engine, imageSize: 16, patchSize: 4, channels: 1, classes: 4, width: 16, depth: 2, heads: 2, seed: 1 });
  const batches = data.noise({ height: 16, width: 16, channels: 1, count: 32, classes: 4 }).batches({ size: 8, seed: 1 });
  const trainer = new Trainer({ model, batches, optimizer: adamw({ lr: 1e-3 }) });
  const memory = trainer.watch(watch.memoryTimeline());
  const watchers = {
    activationHistogram: trainer.watch(watch.activationHistogram({ at: 'blocks.0.attn.q', by: 'head' })),
    headError: trainer.watch(watch.headError('blocks.*.attn.*')),
    whatIf: trainer.watch(watch.headError({ at: 'blocks.*.attn.q', whatIf: [{ group: 'row' }, { bits: 4 }] })),
    memoryTimeline: memory,
    rangeTrace: trainer.watch(watch.rangeTrace('blocks.0.attn.q')),
    gradientNorm: trainer.watch(watch.gradientNorm()),
    gradientFidelity: trainer.watch(watch.gradientFidelity({ every: 1 })),
    attentionMaps: trainer.watch(watch.attentionMaps({ at: 'blocks.1.attn.probs', images: [0, 1] })),
  };
  await trainer.fit({ steps: 3 });
  for (const [name, watcher] of Object.entries(watchers)) figures.set(name, watcher.figure());
  figures.set('memoryTimelines', memory.figure({ against: memory }));
  const compared = watch.compare(model, { policies: [policies.exact(), policies.mesa()], batch: 8 });
  figures.set('compare', compared.figure());
  figures.set('compareTimelines', compared.timeline());
  const samples = await batches.next();
  figures.set('compareSteps', (await watch.compare(model, { policies: [policies.exact(), policies.mesa()], samples })).figure());
  trainer.dispose();
  model.dispose();
});

afterAll(() => figures.clear());

const NAMES = [
  'activationHistogram',
  'headError',
  'whatIf',
  'memoryTimeline',
  'memoryTimelines',
  'rangeTrace',
  'gradientNorm',
  'gradientFidelity',
  'attentionMaps',
  'compare',
  'compareTimelines',
  'compareSteps',
];

describe.each(NAMES)('the figure of %s', (name) => {
  const figure = () => figures.get(name) as Figure;

  it('is as it was, apart from its numbers', () => {
    expect(outline(figure())).toMatchSnapshot();
  });

  it('has a title, and one at the outer axes of its panels', () => {
    const layout = figure().layout as Readonly<Record<string, Axis>>;
    expect(titleOf(figure())).not.toBe('figure');
    const axes = Object.entries(layout).filter(([key, axis]) => /^[xy]axis/.test(key) && axis.visible !== false);
    const titled = (which: string): number => axes.filter(([key, axis]) => key.startsWith(which) && axis.title?.text).length;
    if (axes.length > 0) expect([titled('xaxis') > 0, titled('yaxis') > 0]).toEqual([true, true]);
  });

  it('can be drawn', { timeout: 120_000 }, async () => {
    const picture = await png(figure(), undefined, { scale: 1 });
    expect(picture.length).toBeGreaterThan(4000);
  });
});

/** A figure with how many numbers there are in place of the numbers: those differ in their last bits from machine to machine. */
function outline(value: unknown): unknown {
  if (Array.isArray(value)) return value.every((v) => typeof v === 'number' || v === null) ? `${value.length} numbers` : value.map(outline);
  if (typeof value === 'number') return 'number';
  if (typeof value === 'string') return value.replace(/\d+\.\d+/g, '#');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, outline(part)]));
}
