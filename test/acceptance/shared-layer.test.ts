import { describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { createModel } from '../../kernel-lib/models/model';
import { crossEntropy, gelu, linear, normalise, residual } from '../../kernel-lib/ops';
import { type Graph, GraphBuilder, type Value } from '../../kernel-lib/tape/graph';
import { policies } from '../../kernel-lib/tape/policies';
import { packed, policy } from '../../kernel-lib/tape/policy';
import { fidelity, once, type Result } from './setup';

const WIDTH = 16;
const SAMPLES = 5;

/** Two residual MLP blocks that use one layer, or a layer each. */
function twoBlocks(names: readonly [string, string]): Graph {
  const g = new GraphBuilder();
  const start = { kind: 'truncatedNormal', std: 0.3 } as const;
  const pair = (name: string, shape: [number, number]): { weight: string; bias: string } => ({
    weight: g.param(`${name}.weight`, shape, start),
    bias: g.param(`${name}.bias`, [shape[0]], { kind: 'zeros' }),
  });
  const affine = (name: string): { weight: string; bias: string } => ({
    weight: g.param(`${name}.weight`, [WIDTH], { kind: 'ones' }),
    bias: g.param(`${name}.bias`, [WIDTH], { kind: 'zeros' }),
  });
  let x = g.feed('images', { rows: 1, dims: [WIDTH] });
  x = g.segment('in', { block: false }, () => g.apply(linear, 'in', { in: x }, pair('in', [WIDTH, WIDTH])).out as Value);
  names.forEach((name, i) => {
    x = g.segment(`block.${i}`, { block: true }, () => {
      const n = g.apply(normalise, `block.${i}.norm`, { x }, affine(`norm.${i}`), { eps: 1e-6 }).out as Value;
      const hidden = g.apply(linear, 'mlp.hidden', { in: n }, pair(name, [WIDTH, WIDTH])).out as Value; // the second use is 'mlp.hidden#2'
      const branch = g.apply(gelu, `block.${i}.act`, { in: hidden }).out as Value;
      return g.apply(residual, `block.${i}.out`, { in: x, branch }, {}, { rate: 0 }).out as Value;
    });
  });
  const labels = g.feed('labels', { rows: 1, dims: [], dtype: 'int32' });
  g.segment('head', { block: false }, () => {
    const logits = g.apply(linear, 'logits', { in: x }, pair('head', [4, WIDTH])).out as Value;
    g.result('losses', Object.values(g.apply(crossEntropy, 'loss', { logits, labels }, {}, { smoothing: 0 }))[0] as Value);
  });
  return g.build();
}

function run(engine: Engine, graph: Graph, chosen = policies.exact()): Result {
  const model = createModel(graph, { engine, seed: 4 });
  for (const [name, t] of model.params) {
    // both layers of the second graph start from the weights of the one of the first
    if (/^(a|b)\.weight$/.test(name))
      engine.write(
        t,
        Float32Array.from({ length: t.size }, (_, i) => Math.sin(i) / 3),
      );
  }
  const feeds = {
    images: engine.from(
      Float32Array.from({ length: SAMPLES * WIDTH }, (_, i) => Math.cos(i * 1.7)),
      [SAMPLES, WIDTH],
    ),
    labels: engine.from(
      Int32Array.from({ length: SAMPLES }, (_, i) => i % 4),
      [SAMPLES],
      'int32',
    ),
  };
  try {
    return once({ engine, model, feeds, samples: SAMPLES }, chosen);
  } finally {
    model.dispose();
    for (const t of Object.values(feeds)) t.dispose();
  }
}

describe.each(['native', 'js'] as const)('a layer used twice on %s', (backend) => {
  it('gets the sum of the gradients of two layers with the same weights', async () => {
    const engine = await start({ backend, quiet: true });
    const [once_, twice] = [run(engine, twoBlocks(['a', 'b'])), run(engine, twoBlocks(['a', 'a']))];
    expect([...twice.losses]).toEqual([...once_.losses]);
    const sum = (once_.gradients.get('a.weight') as Float32Array).map((x, i) => x + (once_.gradients.get('b.weight')?.[i] as number));
    const { rel } = fidelity(new Map([['a', twice.gradients.get('a.weight') as Float32Array]]), new Map([['a', sum]]));
    expect(rel).toBeLessThan(1e-6);
    expect(engine.ledger.liveBytes).toBe(0);
  });

  it('keeps the inputs of both uses, each packed with its own range', async () => {
    const engine = await start({ backend, quiet: true });
    const eight = policy('eight', [[{ role: 'normalise.xhat' }, packed({ group: 'tensor' })]], policies.exact());
    const [exact, got] = [run(engine, twoBlocks(['a', 'a'])), run(engine, twoBlocks(['a', 'a']), eight)];
    const { cos, rel } = fidelity(got.gradients, exact.gradients);
    expect(cos).toBeGreaterThan(0.9999);
    expect(rel).toBeGreaterThan(1e-6);
  });
});
