import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { dryEngine } from '../../kernel-lib/engine/dry';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { deitBase, deitTiny } from '../../kernel-lib/models/models';
import type { Weights } from '../../kernel-lib/models/pretrained/fit-weights';
import { vit } from '../../kernel-lib/models/vit';

const graph = vit({ imageSize: 8, patchSize: 4, channels: 1, classes: 5, width: 12, depth: 2, heads: 3 });
let engine: Engine;

beforeAll(async () => {
  engine = await start({ quiet: true, poison: true });
});

/** Values of every parameter, to compare. */
const contents = ({ params }: Model): Record<string, Float32Array> =>
  Object.fromEntries([...params].map(([name, t]) => [name, engine.read(t) as Float32Array]));

describe('a model', () => {
  it('starts as its graph says, from its seed and the names alone', () => {
    const [a, b, other] = [createModel(graph, { seed: 1 }), createModel(graph, { seed: 1 }), createModel(graph, { seed: 2 })];
    expect(contents(a)).toEqual(contents(b));
    expect(contents(a)['head.weight']).not.toEqual(contents(other)['head.weight']);
    const values = contents(a);
    expect(new Set(values['head.bias'])).toEqual(new Set([0]));
    expect(new Set(values['norm.weight'])).toEqual(new Set([1]));
    const std = Math.sqrt(values['blocks.0.mlp.fc1.weight']!.reduce((s, v) => s + v * v, 0) / values['blocks.0.mlp.fc1.weight']!.length);
    expect(std).toBeGreaterThan(0.018);
    expect(std).toBeLessThan(0.022);
    expect(Math.max(...values['patch_embed.proj.weight']!.map(Math.abs))).toBeLessThanOrEqual(1 / 4);
    for (const model of [a, b, other]) model.dispose();
  });

  it('books its parameters as weights and gives all bytes back', () => {
    const before = engine.ledger.totals().weights;
    const model = createModel(graph);
    expect(engine.ledger.totals().weights - before).toBe(4 * model.paramCount);
    model.dispose();
    model.dispose();
    expect(engine.ledger.totals().weights).toBe(before);
  });

  it('gives its bytes back when it becomes unreachable', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const before = engine.ledger.totals().weights;
    (() => {
      for (let i = 0; i < 20; i++) createModel(graph);
    })();
    expect(engine.ledger.totals().weights).toBeGreaterThan(before);
    for (let i = 0; i < 20 && engine.ledger.totals().weights > before; i++) {
      collect();
      await new Promise((done) => setTimeout(done, 10));
    }
    expect(engine.ledger.totals().weights).toBe(before);
  });

  it('freezes and unfreezes by glob', () => {
    const model = createModel(graph);
    model.freeze('**');
    model.unfreeze('head.*');
    expect([...model.params.keys()].filter((name) => !model.frozen.has(name))).toEqual(['head.weight', 'head.bias']);
    expect(() => model.freeze('heads.*')).toThrow(/matches none of \d+ names/);
    model.dispose();
  });

  it('takes no time and no memory where a step is planned', () => {
    const dry = dryEngine();
    const model = deitBase({ engine: dry });
    expect(dry.ledger.totals().weights).toBe(4 * 86_567_656);
    model.dispose();
    expect(dry.ledger.liveBytes).toBe(0);
    dry.remove();
  });

  it('is made at a preset size on the active engine', () => {
    const model = deitTiny({ imageSize: 32, patchSize: 8, classes: 10, depth: 1, seed: 3 });
    expect(model.engine).toBe(engine);
    expect(model.params.get('head.weight')!.shape).toEqual([10, 192]);
    model.dispose();
  });

  it('says that no engine is active where none is', () => {
    void tf.setBackend('cpu');
    expect(() => createModel(graph)).toThrow(/await start\(\)/);
    void tf.setBackend(engine.backendName);
  });
});

describe('loading weights', () => {
  const full = (): Map<string, { shape: readonly number[]; data: Float32Array }> =>
    new Map(
      [...graph.params.values()].map(({ name, shape }) => [
        name,
        { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(7) },
      ]),
    );

  it('writes every parameter', () => {
    const model = createModel(graph);
    expect(model.load(full())).toEqual({ missing: [], unexpected: [], resized: [] });
    for (const values of Object.values(contents(model))) expect(new Set(values)).toEqual(new Set([7]));
    model.dispose();
  });

  const refuses = (weights: Weights, text: RegExp): void => {
    const model = createModel(graph, { seed: 1 });
    const before = contents(model);
    expect(() => model.load(weights)).toThrow(text);
    expect(contents(model)).toEqual(before);
    model.dispose();
  };

  it('refuses, and writes nothing, when one is missing or unknown', () => {
    const weights = full();
    weights.delete('norm.bias');
    weights.set('head_dist.bias', { shape: [5], data: new Float32Array(5) });
    refuses(weights, /missing 'norm.bias'; unexpected 'head_dist.bias' .*strict: false.* \[weights-do-not-match\]/);
  });

  it('refuses, and writes nothing, when a shape differs', () => {
    refuses(
      full().set('head.bias', { shape: [1000], data: new Float32Array(1000) }),
      /^'head.bias' is \[1000\] where the model has \[5\] .*head: 'new'.* \[weights-do-not-match\]/,
    );
  });

  it('takes what fits when it need not be strict, and tells the rest', () => {
    const model = createModel(graph);
    const only = new Map([
      ['head.bias', full().get('head.bias')!],
      ['other', { shape: [1], data: new Float32Array(1) }],
    ]);
    const { missing, unexpected } = model.load(only, { strict: false });
    expect(unexpected).toEqual(['other']);
    expect(missing).toHaveLength(graph.params.size - 1);
    expect(contents(model)['head.bias']).toEqual(new Float32Array(5).fill(7));
    model.dispose();
  });
});
