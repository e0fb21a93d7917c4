import { describe, expect, it } from 'vitest';
import { MesaError } from '../../kernel-lib/errors';
import { deitBase, deitSmall, deitTiny, vit } from '../../kernel-lib/models/vit';
import type { Graph } from '../../kernel-lib/tape/graph';

const count = ({ params }: Graph): number => [...params.values()].reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
const small = { imageSize: 8, patchSize: 4, channels: 1, classes: 5, width: 12, depth: 2, heads: 3 };

describe('DeiT', () => {
  it.each([
    ['Ti', deitTiny, 5_717_416, 5_543_716],
    ['S', deitSmall, 22_050_664, 21_704_164],
    ['B', deitBase, 86_567_656, 85_875_556],
  ])('%s has the parameters of the published one', (_, deit, thousand, hundred) => {
    expect(count(deit())).toBe(thousand);
    expect(count(deit({ classes: 100 }))).toBe(hundred);
  });
});

describe('vit', () => {
  const graph = vit(small);

  it("calls its parameters timm's names", () => {
    expect(
      [...graph.params.values()].filter(({ name }) => !name.startsWith('blocks.1.')).map(({ name, shape }) => `${name} [${shape}]`),
    ).toMatchInlineSnapshot(`
      [
        "patch_embed.proj.weight [12,1,4,4]",
        "patch_embed.proj.bias [12]",
        "cls_token [1,1,12]",
        "pos_embed [1,5,12]",
        "blocks.0.norm1.weight [12]",
        "blocks.0.norm1.bias [12]",
        "blocks.0.attn.qkv.weight [36,12]",
        "blocks.0.attn.qkv.bias [36]",
        "blocks.0.attn.proj.weight [12,12]",
        "blocks.0.attn.proj.bias [12]",
        "blocks.0.norm2.weight [12]",
        "blocks.0.norm2.bias [12]",
        "blocks.0.mlp.fc1.weight [48,12]",
        "blocks.0.mlp.fc1.bias [48]",
        "blocks.0.mlp.fc2.weight [12,48]",
        "blocks.0.mlp.fc2.bias [12]",
        "norm.weight [12]",
        "norm.bias [12]",
        "head.weight [5,12]",
        "head.bias [5]",
      ]
    `);
  });

  it('starts its weights and embeddings as wide as asked, and nothing else', () => {
    const kinds = (g: Graph): unknown[] => [...g.params.values()].map(({ init }) => init);
    const wider = kinds(graph).map((init) => ((init as { std?: number }).std ? { kind: 'truncatedNormal', std: 0.12 } : init));
    expect(kinds(vit({ ...small, initStd: 0.12 }))).toEqual(wider);
    expect(wider).not.toEqual(kinds(graph));
  });

  it('calls its values after them', () => {
    const block = graph.segments[1]!;
    expect(block.nodes.flatMap(({ outputs }) => Object.values(outputs).map(({ name }) => name))).toMatchInlineSnapshot(`
      [
        "blocks.0.norm1.xhat",
        "blocks.0.norm1.mean",
        "blocks.0.norm1.rstd",
        "blocks.0.norm1.out",
        "blocks.0.attn.q",
        "blocks.0.attn.k",
        "blocks.0.attn.v",
        "blocks.0.attn.probs",
        "blocks.0.attn.o",
        "blocks.0.attn.proj",
        "blocks.0.mid",
        "blocks.0.norm2.xhat",
        "blocks.0.norm2.mean",
        "blocks.0.norm2.rstd",
        "blocks.0.norm2.out",
        "blocks.0.mlp.hidden",
        "blocks.0.mlp.act",
        "blocks.0.mlp.out",
        "blocks.0.out",
      ]
    `);
    expect(Object.keys(graph.results).sort()).toEqual(['logits', 'losses']);
  });

  it('has the blocks as segments, between embed and head', () => {
    expect(graph.segments.map(({ name, block }) => [name, block])).toEqual([
      ['embed', false],
      ['blocks.0', true],
      ['blocks.1', true],
      ['head', false],
    ]);
  });

  it('gives every value of a block its heads', () => {
    const wide = graph.segments[1]!.nodes.flatMap(({ outputs }) => Object.values(outputs)).filter(({ spec }) => spec.dims.length > 0);
    expect(wide.map(({ spec }) => spec.heads?.count)).toEqual(wide.map(() => 3));
  });

  it('drops paths more the deeper the block', () => {
    const rates = (options: object) =>
      vit({ ...small, ...options })
        .segments.flatMap(({ nodes }) => nodes)
        .filter(({ op }) => op.name === 'residual')
        .map(({ attrs }) => (attrs as { rate: number }).rate);
    expect(rates({ depth: 3, dropPath: 0.2 })).toEqual([0, 0, 0.1, 0.1, 0.2, 0.2]);
    expect(rates({})).toEqual([0, 0, 0, 0]);
  });

  it('takes distributions as targets', () => {
    expect(Object.keys(vit({ ...small, softTargets: true }).feeds)).toEqual(['images', 'targets']);
    expect(Object.keys(graph.feeds)).toEqual(['images', 'labels']);
  });

  it('takes low-rank adapters', () => {
    const added = [...vit({ ...small, depth: 1, lora: { rank: 2, alpha: 4, on: ['q', 'proj'] } }).params.keys()].filter((name) =>
      name.includes('lora'),
    );
    expect(added).toEqual(['q', 'proj'].flatMap((on) => ['a', 'b'].map((part) => `blocks.0.attn.${on}.lora_${part}`)));
  });

  it.each([
    [{ heads: 5 }, 'heads-do-not-divide'],
    [{ patchSize: 3 }, 'patch-does-not-divide'],
    [{ dropPath: 1 }, 'rate-out-of-range'],
  ])('refuses %o with a typed error that says where', (options, code) => {
    try {
      vit({ ...small, ...options });
      expect.unreachable();
    } catch (e) {
      expect(e).toMatchObject({ code, at: expect.stringMatching(/^(embed|patch_embed|blocks)/) });
      expect(e).toBeInstanceOf(MesaError);
    }
  });
});
