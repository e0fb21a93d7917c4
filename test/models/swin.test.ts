import { describe, expect, it } from 'vitest';
import { type SwinOptions, swin, swinBase, swinSmall, swinTiny } from '../../kernel-lib/models/swin';
import { dropPathRates, madeIn, paramCount, parameters } from './describe-graph';

describe('Swin', () => {
  it.each([
    ['T', swinTiny, 28_288_354, 27_596_254],
    ['S', swinSmall, 49_606_258, 48_914_158],
    ['B', swinBase, 87_768_224, 86_845_724],
  ])('%s has the parameters of the published one', (_, build, thousand, hundred) => {
    expect(paramCount(build())).toBe(thousand);
    expect(paramCount(build({ classes: 100 }))).toBe(hundred);
  });

  it('has its parameters under the names of timm, and the published start', () => {
    const notInLaterBlocks = /^(?!layers\.\d\.blocks)|^layers\.1\.blocks\.0/;
    const last = /^layers\.[23]/;
    expect(parameters(swinTiny(), notInLaterBlocks).filter((line) => !last.test(line))).toMatchInlineSnapshot(`
      [
        "patch_embed.proj.weight [96,3,4,4] uniform 0.1443",
        "patch_embed.proj.bias [96] uniform 0.1443",
        "patch_embed.norm.weight [96] ones",
        "patch_embed.norm.bias [96] zeros",
        "layers.1.downsample.norm.weight [384] ones",
        "layers.1.downsample.norm.bias [384] zeros",
        "layers.1.downsample.reduction.weight [192,384] truncatedNormal 0.0200",
        "layers.1.blocks.0.norm1.weight [192] ones",
        "layers.1.blocks.0.norm1.bias [192] zeros",
        "layers.1.blocks.0.attn.qkv.weight [576,192] truncatedNormal 0.0200",
        "layers.1.blocks.0.attn.qkv.bias [576] zeros",
        "layers.1.blocks.0.attn.relative_position_bias_table [169,6] truncatedNormal 0.0200",
        "layers.1.blocks.0.attn.proj.weight [192,192] truncatedNormal 0.0200",
        "layers.1.blocks.0.attn.proj.bias [192] zeros",
        "layers.1.blocks.0.norm2.weight [192] ones",
        "layers.1.blocks.0.norm2.bias [192] zeros",
        "layers.1.blocks.0.mlp.fc1.weight [768,192] truncatedNormal 0.0200",
        "layers.1.blocks.0.mlp.fc1.bias [768] zeros",
        "layers.1.blocks.0.mlp.fc2.weight [192,768] truncatedNormal 0.0200",
        "layers.1.blocks.0.mlp.fc2.bias [192] zeros",
        "norm.weight [768] ones",
        "norm.bias [768] zeros",
        "head.fc.weight [1000,768] truncatedNormal 0.0200",
        "head.fc.bias [1000] zeros",
      ]
    `);
  });

  it('has stages of halving size and doubling width', () => {
    const ends = swinTiny()
      .segments.filter(({ name }) => /layers\.\d\.blocks\.1$/.test(name))
      .map(({ nodes }) => nodes.at(-1)!.outputs.out!.spec);
    expect(ends.map(({ rows, dims }) => [rows, ...dims])).toEqual([
      [56 ** 2, 96],
      [28 ** 2, 192],
      [14 ** 2, 384],
      [7 ** 2, 768],
    ]);
  });

  it('shifts every second block, by half a window, but where one window is the map', () => {
    const shifts = (options: SwinOptions): string[] =>
      swinTiny({ depths: [2, 2, 2, 2], ...options })
        .segments.flatMap(({ nodes }) => nodes)
        .filter(({ op }) => op.name === 'windowAttention')
        .map(({ attrs }) => attrs as { window: number; shift: number })
        .map(({ window, shift }) => `${window}:${shift}`);
    expect(shifts({})).toEqual(['7:0', '7:3', '7:0', '7:3', '7:0', '7:3', '7:0', '7:0']);
    expect(shifts({ imageSize: [160, 256] })).toEqual(['7:0', '7:3', '7:0', '7:3', '7:0', '7:3', '5:0', '5:0']);
  });

  it('divides every value of a block into heads of 32 channels, and probabilities into heads', () => {
    for (const { name, spec } of madeIn(swinTiny(), { block: true }).filter((v) => v.spec.dims.length > 0)) {
      const heads = spec.dims.length === 1 ? spec.dims[0]! / 32 : spec.dims[0]!;
      expect({ name, heads: spec.heads?.count }).toEqual({ name, heads });
    }
  });

  it('has a segment for each block and each merging; the patch embedding and the head are no blocks', () => {
    const graph = swin({ imageSize: 32, patchSize: 2, width: 8, depths: [2, 1], heads: [1, 2], window: 4, classes: 3 });
    expect(graph.segments.map(({ name, block }) => `${name} ${block}`)).toEqual([
      'patch_embed false',
      'layers.0.blocks.0 true',
      'layers.0.blocks.1 true',
      'layers.1.downsample true',
      'layers.1.blocks.0 true',
      'head false',
    ]);
  });

  it('drops paths more the deeper the block, over all stages', () => {
    expect(dropPathRates(swinTiny({ depths: [1, 2, 1, 1], dropPath: 0.2 }))).toEqual([0, 0.05, 0.1, expect.closeTo(0.15), 0.2]);
  });
});
