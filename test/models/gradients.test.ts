import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { createModel, type Model } from '../../kernel-lib/models/model';
import { type VitOptions, vit } from '../../kernel-lib/models/vit';
import { key, normal, uniform } from '../../kernel-lib/random/random';
import { policies } from '../../kernel-lib/tape/policies';
import { createTape } from '../../kernel-lib/tape/tape';
import '../matchers';
import { type Arrays, array } from '../reference/array';
import { forward64 } from '../reference/graph';

const SAMPLES = 3;
const SEED = 5;
const SMALL: VitOptions = { imageSize: 6, patchSize: 3, channels: 2, classes: 4, width: 6, depth: 2, heads: 2, mlpRatio: 2 };

const variants: readonly (readonly [string, VitOptions, readonly string[]])[] = [
  ['plain', {}, []],
  ['with drop path and label smoothing', { dropPath: 0.6, labelSmoothing: 0.1 }, []],
  ['with soft targets', { softTargets: true }, []],
  [
    'with low-rank adapters beside frozen weights',
    { lora: { rank: 2, alpha: 3, on: ['q', 'k', 'v', 'proj'] } },
    ['**.weight', '**.bias', '*_*'],
  ],
];

let engine: Engine;

beforeAll(async () => {
  engine = await start({ threads: 1, poison: true, quiet: true });
});

describe.each(variants)('a ViT %s', (_, options, freeze) => {
  const graph = vit({ ...SMALL, ...options });
  const { params, feeds } = drawn(graph.feeds.targets !== undefined);

  it('has the losses and gradients of its float64 graph', () => {
    const model = createModel(graph);
    for (const glob of freeze) model.freeze(glob);
    model.load(new Map(Object.entries(params).map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }])));
    const { losses, gradients } = step(model);
    model.dispose();

    const loss = (p: Arrays): number => forward64(graph, p, feeds, SAMPLES, SEED).losses!.data.reduce((a, b) => a + b, 0);
    expect(losses).toAgreeWith(forward64(graph, params, feeds, SAMPLES, SEED).losses!.data, 1e-6);
    expect([...gradients.keys()].sort()).toEqual(
      [...graph.params.keys()].filter((name) => freeze.length === 0 || name.includes('lora')).sort(),
    );
    for (const [name, gradient] of gradients) {
      const elements = [0, Math.floor(gradient.length / 2), gradient.length - 1];
      const want = elements.map((i) => slope(loss, params, name, i));
      expect(
        elements.map((i) => gradient[i]!),
        name,
      ).toAgreeWith(want, 1e-5);
    }
  });

  /** Parameters that are nowhere zero, and a batch. */
  function drawn(soft: boolean): { params: Arrays; feeds: Arrays } {
    const numbers = (name: string, shape: readonly number[], std: number) =>
      array(
        shape,
        normal(
          key(SEED, 0, 0, name),
          shape.reduce((a, b) => a * b, 1),
          std,
        ),
      );
    const targets = uniform(key(SEED, 0, 0, 'targets'), SAMPLES * 4, 0, 0.5);
    return {
      params: Object.fromEntries([...graph.params.values()].map(({ name, shape }) => [name, numbers(name, shape, 0.5)])),
      feeds: {
        images: numbers('images', [SAMPLES, 2, 6, 6], 1),
        ...(soft ? { targets: array([SAMPLES, 4], targets) } : { labels: array([SAMPLES], [2, 0, 3]) }),
      },
    };
  }

  function step(model: Model): { losses: Float32Array; gradients: Map<string, Float32Array> } {
    const given = Object.fromEntries(
      Object.entries(feeds).map(
        ([name, { shape, data }]) =>
          [
            name,
            name === 'labels' ? engine.from(Int32Array.from(data), shape, 'int32') : engine.from(Float32Array.from(data), shape),
          ] as const,
      ),
    );
    const tape = createTape({ engine, graph, policy: policies.exact(), trainable: (name) => !model.frozen.has(name) });
    const pass = tape.forward(model.params, given, { samples: SAMPLES, seed: SEED, step: 0, micro: 0, training: true, ranges: new Map() });
    const into = new Map<string, Tensor>();
    pass.backward(1, into);
    const read = { losses: pass.losses(), gradients: new Map([...into].map(([name, t]) => [name, engine.read(t) as Float32Array])) };
    pass.dispose();
    for (const t of [...into.values(), ...Object.values(given)]) t.dispose();
    return read;
  }
});

/** Derivative of `f` by one element of one parameter, by central differences. */
function slope(f: (params: Arrays) => number, params: Arrays, name: string, i: number): number {
  const shifted = (by: number): number => {
    const { shape, data } = params[name]!;
    return f({ ...params, [name]: { shape, data: data.map((v, j) => (j === i ? v + by : v)) } });
  };
  return (shifted(1e-4) - shifted(-1e-4)) / 2e-4;
}
