import { describe, expect, it } from 'vitest';
import { type Graph, GraphBuilder, type Value } from '../../kernel-lib/tape/graph';
import { resolve, type SavePlan } from '../../kernel-lib/tape/plan';
import { policies } from '../../kernel-lib/tape/policies';
import { derived, full, packed, policy } from '../../kernel-lib/tape/policy';
import { backwardProgram, forwardPrograms } from '../../kernel-lib/tape/program';
import { act, add, dense, mix, norm, toyOp } from './toys';

/** Two pre-norm blocks with one-input attention, between an embedding and a loss. */
function toyNet(): Graph {
  const g = new GraphBuilder();
  const w = (name: string): { weight: string } => ({ weight: g.param(name, [4], { kind: 'zeros' }) });
  let x = g.feed('images', { rows: 1, dims: [4] });
  x = g.segment('embed', { block: false }, () => g.apply(dense, 'embed', { in: x }, w('embed.weight')).out as Value);
  for (const i of [0, 1]) {
    x = g.segment(`blocks.${i}`, { block: true }, () => {
      const at = (n: string): string => `blocks.${i}.${n}`;
      const n1 = g.apply(norm, at('norm1'), { x }, w(at('norm1.weight'))).out as Value;
      const q = g.apply(dense, at('attn.q'), { in: n1 }, w(at('attn.qkv.weight'))).out as Value;
      const o = g.apply(mix, at('attn'), { q }).o as Value;
      const mid = g.apply(add, at('mid'), {
        in: x,
        branch: g.apply(dense, at('attn.proj'), { in: o }, w(at('attn.proj.weight'))).out as Value,
      }).out as Value;
      const n2 = g.apply(norm, at('norm2'), { x: mid }, w(at('norm2.weight'))).out as Value;
      const hidden = g.apply(dense, at('mlp.hidden'), { in: n2 }, w(at('mlp.fc1.weight'))).out as Value;
      const a = g.apply(act, at('mlp.act'), { in: hidden }).out as Value;
      return g.apply(add, at('out'), { in: mid, branch: g.apply(dense, at('mlp.out'), { in: a }, w(at('mlp.fc2.weight'))).out as Value })
        .out as Value;
    });
  }
  g.segment('head', { block: false }, () => g.result('losses', g.apply(dense, 'loss', { in: x }, w('head.weight')).out as Value));
  return g.build();
}

const all = (): boolean => true;
const kept = (plan: SavePlan, i = 1): string[] =>
  [...(plan.segments[i]?.kept.keys() ?? [])].map((v) => v.name.replace('blocks.0.', '')).sort();
const derivedOf = (plan: SavePlan, i = 1): string[] =>
  [...(plan.segments[i]?.derived.keys() ?? [])].map((v) => v.name.replace('blocks.0.', '')).sort();

describe('the save plan', () => {
  it('keeps for exact each value that backward reads once, and derives what follows from it', () => {
    const plan = resolve(toyNet(), policies.exact(), all);
    // this toy attention has one input: q takes part as attention.q only through its consumer's slot name
    expect(kept(plan)).toEqual(['attn.o', 'attn.probs', 'attn.q', 'mlp.hidden', 'norm1.rstd', 'norm1.xhat', 'norm2.rstd', 'norm2.xhat']);
    expect(derivedOf(plan)).toEqual(['mlp.act', 'norm1.out', 'norm2.out']);
  });

  it('keeps for mesa the published set and derives xhat from the kept input and its exact statistics', () => {
    const plan = resolve(toyNet(), policies.mesa(), all);
    expect(kept(plan)).toEqual([
      'attn.o',
      'attn.probs',
      'attn.q',
      'embed',
      'mid',
      'mlp.act',
      'mlp.hidden',
      'norm1.mean',
      'norm1.out',
      'norm1.rstd',
      'norm2.mean',
      'norm2.out',
      'norm2.rstd',
    ]);
    expect(derivedOf(plan)).toEqual(['norm1.xhat', 'norm2.xhat']);
    expect(plan.wholeForward).toBe(true);
  });

  it('keeps for norms the two xhat and rstd, for inputs one xhat and all statistics, for checkpoint the block input', () => {
    expect(kept(resolve(toyNet(), policies.norms(), all))).toEqual(['norm1.rstd', 'norm1.xhat', 'norm2.rstd', 'norm2.xhat']);
    expect(kept(resolve(toyNet(), policies.inputs(), all))).toEqual(['norm1.mean', 'norm1.rstd', 'norm1.xhat', 'norm2.mean', 'norm2.rstd']);
    expect(kept(resolve(toyNet(), policies.checkpoint(), all))).toEqual(['embed']);
  });

  it('recomputes probabilities inside the attention kernel where they are not kept', () => {
    const plan = resolve(toyNet(), policies.plus(), all);
    expect([...(plan.segments[1]?.inKernel ?? [])].map((v) => v.name)).toEqual(['blocks.0.attn.probs']);
    expect(derivedOf(plan)).not.toContain('attn.probs');
  });

  it('keeps nothing that no wanted gradient needs', () => {
    const head = resolve(toyNet(), policies.exact(), (p) => p.startsWith('head'));
    expect(kept(head)).toEqual([]);
    const lastBlock = resolve(toyNet(), policies.exact(), (p) => p.startsWith('blocks.1.mlp'));
    expect(kept(lastBlock, 1)).toEqual([]);
    expect(kept(lastBlock, 2)).toEqual(['blocks.1.mlp.hidden', 'blocks.1.norm2.xhat']);
  });

  it('takes the cheaper of two recipes', () => {
    const g = new GraphBuilder();
    const x = g.feed('images', { rows: 1, dims: [4] });
    const two = toyOp('two', {
      inputs: ['in'],
      params: ['weight'],
      outputs: ['a', 'b'],
      inner: ['b'],
      flops: 100,
      reads: { weight: ['a'] },
      recipes: [{ from: ['b'], to: ['a'], flops: 3 }],
    });
    g.segment('s', { block: true }, () =>
      g.result('losses', g.apply(two, 'two', { in: x }, { weight: g.param('w', [1], { kind: 'zeros' }) }).a as Value),
    );
    const byRecipe = resolve(
      g.build(),
      policy('p', [
        [{ role: 'two.b' }, full],
        [{}, derived],
      ]),
      all,
    );
    expect([...(byRecipe.segments[0]?.kept.keys() ?? [])].map((v) => v.name)).toEqual(['two.b']);
    const again = resolve(g.build(), policy('p', [[{}, derived]]), all);
    expect(again.segments[0]?.extraFlops).toBe(100);
    expect(byRecipe.segments[0]?.extraFlops).toBe(3);
  });

  it('says with the chain when a value cannot be derived', () => {
    const nothing = policy('nothing', [
      [{ inBlocks: true }, derived],
      [{}, full],
    ]);
    expect(() => resolve(toyNet(), nothing, all)).toThrowErrorMatchingInlineSnapshot(
      `[MesaError: blocks.0.norm1.xhat: policy 'nothing' keeps nothing in blocks.0 that this value can be restored from: blocks.0.norm1.xhat <- embed <- blocks.0.norm1.xhat (try a rule that keeps one of them, such as [{ name: 'blocks.0.norm1.xhat' }, full]) [derivation-cycle]]`,
    );
  });

  it('refuses a packing that does not fit a value, and names the value', () => {
    const running = policy('running', [[{ role: 'gelu.in' }, packed({ range: 'running' })]], policies.exact());
    expect(() => resolve(toyNet(), running, all)).toThrow(/^blocks\.0\.mlp\.hidden: /);
  });

  it('refuses a rule that matches nothing and names the roles there are', () => {
    const typo = policy('typo', [[{ role: 'normalize.xhat' }, packed()]], policies.exact());
    expect(() => resolve(toyNet(), typo, all)).toThrow(/normalize.xhat.*matches no value.*normalise.xhat.*policy-matches-nothing/s);
  });
});

describe('the backward program', () => {
  it('restores or derives each value before its first reader and releases it after its last', () => {
    for (const preset of Object.values(policies)) {
      const plan = resolve(toyNet(), preset(), all);
      for (const segment of plan.segments) {
        const have = new Set<string>();
        for (const step of backwardProgram(segment)) {
          if (step.kind === 'restore') have.add(step.kept.value.name);
          if (step.kind === 'derive') {
            for (const v of step.derivation.from) if (v.segment !== -1) expect(have).toContain(v.name);
            for (const v of step.to) expect(have.has(v.name) ? `${v.name} twice` : '').toBe('');
            for (const v of step.to) have.add(v.name);
          }
          if (step.kind === 'backward') for (const v of step.reads) if (v.segment !== -1) expect(have).toContain(v.name);
          for (const v of step.release) expect(have.delete(v.name)).toBe(true);
        }
        expect([...have]).toEqual([]);
      }
    }
  });

  it('runs a recipe that yields several values once', () => {
    const plan = resolve(toyNet(), policies.checkpoint(), all);
    const runs = backwardProgram(plan.segments[1] as never)
      .filter((s) => s.kind === 'derive')
      .map((s) => (s.kind === 'derive' ? s.derivation.node.name : ''));
    expect(new Set(runs).size).toBe(runs.length);
  });
});

describe('the forward program', () => {
  it('releases every value exactly once, after its last reader', () => {
    const graph = toyNet();
    const programs = forwardPrograms(graph, resolve(graph, policies.mesa(), all));
    const released = programs.flatMap((p) => p.steps.flatMap((s) => s.release)).map((v) => v.name);
    expect(new Set(released).size).toBe(released.length);
    const made = graph.segments.flatMap((s) => s.nodes.flatMap((n) => Object.values(n.outputs))).map((v) => v.name);
    expect([...released].sort()).toEqual([...made].sort());
  });
});
