import { describe, expect, it } from 'vitest';
import { pvtLarge, pvtMedium, pvtSmall, pvtTiny } from '../../kernel-lib/models/pvt';
import { codeOf } from '../matchers';
import { dropPathRates, madeIn, paramCount, parameters } from './describe-graph';

describe('PVT', () => {
  it.each([
    ['Ti', pvtTiny, 13_229_288],
    ['S', pvtSmall, 24_485_864],
    ['M', pvtMedium, 44_208_104],
    ['L', pvtLarge, 61_369_320],
  ])('%s has the parameters of the published one', (_, build, thousand) => {
    expect(paramCount(build())).toBe(thousand);
    expect(paramCount(build({ classes: 100 }))).toBe(thousand - 900 * 513);
  });

  it('has its parameters under the names of its repository, and the published start', () => {
    expect(parameters(pvtTiny(), /[^k][13]$|[^k][34]\.|^(cls|norm|head)/).filter((line) => !/block/.test(line))).toMatchInlineSnapshot(`
      [
        "pos_embed1 [1,3136,64] truncatedNormal 0.0200",
        "patch_embed3.proj.weight [320,128,2,2] uniform 0.0442",
        "patch_embed3.proj.bias [320] uniform 0.0442",
        "patch_embed3.norm.weight [320] ones",
        "patch_embed3.norm.bias [320] zeros",
        "pos_embed3 [1,196,320] truncatedNormal 0.0200",
        "patch_embed4.proj.weight [512,320,2,2] uniform 0.0280",
        "patch_embed4.proj.bias [512] uniform 0.0280",
        "patch_embed4.norm.weight [512] ones",
        "patch_embed4.norm.bias [512] zeros",
        "cls_token [1,1,512] truncatedNormal 0.0200",
        "norm.weight [512] ones",
        "norm.bias [512] zeros",
        "head.weight [1000,512] truncatedNormal 0.0200",
        "head.bias [1000] zeros",
      ]
    `);
    expect(parameters(pvtTiny(), /^block2\.0/)).toMatchInlineSnapshot(`
      [
        "block2.0.norm1.weight [128] ones",
        "block2.0.norm1.bias [128] zeros",
        "block2.0.attn.q.weight [128,128] truncatedNormal 0.0200",
        "block2.0.attn.q.bias [128] zeros",
        "block2.0.attn.sr.weight [128,128,4,4] uniform 0.0221",
        "block2.0.attn.sr.bias [128] uniform 0.0221",
        "block2.0.attn.norm.weight [128] ones",
        "block2.0.attn.norm.bias [128] zeros",
        "block2.0.attn.kv.weight [256,128] truncatedNormal 0.0200",
        "block2.0.attn.kv.bias [256] zeros",
        "block2.0.attn.proj.weight [128,128] truncatedNormal 0.0200",
        "block2.0.attn.proj.bias [128] zeros",
        "block2.0.norm2.weight [128] ones",
        "block2.0.norm2.bias [128] zeros",
        "block2.0.mlp.fc1.weight [1024,128] truncatedNormal 0.0200",
        "block2.0.mlp.fc1.bias [1024] zeros",
        "block2.0.mlp.fc2.weight [128,1024] truncatedNormal 0.0200",
        "block2.0.mlp.fc2.bias [128] zeros",
      ]
    `);
  });

  it('has keys and values of 49 tokens at every stage, and a class token in the last', () => {
    const probs = pvtTiny()
      .segments.filter(({ name }) => /^block\d\.1$/.test(name))
      .flatMap(({ nodes }) => nodes.filter(({ op }) => op.name === 'attention').map(({ outputs }) => outputs.probs!.spec.dims));
    expect(probs).toEqual([
      [1, 56 ** 2, 49],
      [2, 28 ** 2, 49],
      [5, 14 ** 2, 49],
      [8, 50, 50],
    ]);
  });

  it('divides every value of a block into heads of 64 channels, and probabilities into heads', () => {
    for (const { name, spec } of madeIn(pvtTiny(), { block: true }).filter((v) => v.spec.dims.length > 0)) {
      const heads = spec.dims.length === 1 ? spec.dims[0]! / 64 : spec.dims[0]!;
      expect({ name, heads: spec.heads?.count }).toEqual({ name, heads });
    }
  });

  it('drops paths more the deeper the block, over all stages', () => {
    expect(dropPathRates(pvtTiny({ depths: [1, 1, 2, 1], dropPath: 0.2 }))).toEqual([0, 0.05, 0.1, expect.closeTo(0.15), 0.2]);
  });

  it('says which images its maps divide', () => {
    expect(codeOf(() => pvtTiny({ imageSize: 100 }))).toBe('image-does-not-divide');
    expect(() => pvtTiny({ imageSize: [96, 100] })).toThrow(/96 x 100.*96 x 128/);
  });
});
