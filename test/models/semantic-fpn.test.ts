import { describe, expect, it } from 'vitest';
import { type SemanticFpnOptions, semanticFpn } from '../../kernel-lib/models/semantic-fpn';
import { codeOf } from '../matchers';
import { paramCount, parameters } from './describe-graph';

describe('Semantic FPN', () => {
  // PVT's published count is that of position embeddings for images of 224, which it resizes.
  it.each([
    ['swinTiny', 512, 27_520_698, 2_729_984, 31_893_840],
    ['pvtTiny', 224, 12_714_240, 2_623_488, 16_980_886],
    ['deitTiny', 224, 5_524_032, 2_557_952, 9_725_142],
  ] as const)('on %s has the parameters of the published one', (backbone, imageSize, ofBackbone, ofNeck, all) => {
    const graph = semanticFpn({ backbone, imageSize });
    expect(['backbone.', 'neck.', 'decode_head.', ''].map((prefix) => paramCount(graph, prefix))).toEqual([
      ofBackbone,
      ofNeck,
      1_643_158,
      all,
    ]);
  });

  it('has its parameters under the names of mmsegmentation, and its start', () => {
    const once = /^neck.*\.[03]\.|scale_heads\.3|conv_seg|norm[03]/;
    expect(parameters(semanticFpn(), once)).toMatchInlineSnapshot(`
      [
        "backbone.norm3.weight [768] ones",
        "backbone.norm3.bias [768] zeros",
        "neck.lateral_convs.3.conv.weight [256,768,1,1] uniform 0.0765",
        "neck.lateral_convs.3.conv.bias [256] zeros",
        "backbone.norm0.weight [96] ones",
        "backbone.norm0.bias [96] zeros",
        "neck.lateral_convs.0.conv.weight [256,96,1,1] uniform 0.1306",
        "neck.lateral_convs.0.conv.bias [256] zeros",
        "neck.fpn_convs.0.conv.weight [256,256,3,3] uniform 0.0361",
        "neck.fpn_convs.0.conv.bias [256] zeros",
        "neck.fpn_convs.3.conv.weight [256,256,3,3] uniform 0.0361",
        "neck.fpn_convs.3.conv.bias [256] zeros",
        "decode_head.scale_heads.3.0.conv.weight [128,256,3,3] truncatedNormal 0.0417",
        "decode_head.scale_heads.3.0.bn.weight [128] ones",
        "decode_head.scale_heads.3.0.bn.bias [128] zeros",
        "decode_head.scale_heads.3.0.bn.running_mean [128] zeros",
        "decode_head.scale_heads.3.0.bn.running_var [128] ones",
        "decode_head.scale_heads.3.2.conv.weight [128,128,3,3] truncatedNormal 0.0417",
        "decode_head.scale_heads.3.2.bn.weight [128] ones",
        "decode_head.scale_heads.3.2.bn.bias [128] zeros",
        "decode_head.scale_heads.3.2.bn.running_mean [128] zeros",
        "decode_head.scale_heads.3.2.bn.running_var [128] ones",
        "decode_head.scale_heads.3.4.conv.weight [128,128,3,3] truncatedNormal 0.0417",
        "decode_head.scale_heads.3.4.bn.weight [128] ones",
        "decode_head.scale_heads.3.4.bn.bias [128] zeros",
        "decode_head.scale_heads.3.4.bn.running_mean [128] zeros",
        "decode_head.scale_heads.3.4.bn.running_var [128] ones",
        "decode_head.conv_seg.weight [150,128,1,1] truncatedNormal 0.0100",
        "decode_head.conv_seg.bias [150] zeros",
      ]
    `);
  });

  it('takes backbones from DeiT as they are: nothing but its last norm, its head is left out', () => {
    const names = [...semanticFpn({ backbone: 'deitTiny', imageSize: 224 }).params.keys()].filter((name) => name.startsWith('backbone.'));
    expect(names.slice(0, 4)).toEqual(
      ['patch_embed.proj.weight', 'patch_embed.proj.bias', 'cls_token', 'pos_embed'].map((name) => `backbone.${name}`),
    );
    expect(names.slice(4).every((name) => /^backbone\.blocks\.\d+\./.test(name))).toBe(true);
  });

  const shapes = (options: SemanticFpnOptions): unknown[] => {
    const { feeds, results, segments } = semanticFpn(options);
    const fed = segments.filter(({ name }) => name.startsWith('neck.fpn')).map(({ nodes }) => nodes[0]!.inputs.in!.spec.rows);
    return [feeds.labels!.spec.dims, fed, [results.logits!.spec.rows, ...results.logits!.spec.dims]];
  };

  it('has maps of a quarter to a 32nd of the sides, and logits of a quarter', () => {
    const expected = [
      [64, 96],
      [16 * 24, 8 * 12, 4 * 6, 2 * 3],
      [16 * 24, 7],
    ];
    for (const backbone of ['swinTiny', 'pvtTiny', 'deitTiny'] as const) {
      expect({ backbone, shapes: shapes({ backbone, imageSize: [64, 96], classes: 7 }) }).toEqual({ backbone, shapes: expected });
    }
  });

  it('has blocks in neck and scale heads; the last convolution and the loss are none', () => {
    const segments = semanticFpn().segments.filter(({ name }) => !name.startsWith('backbone.'));
    expect(segments.map(({ name, block }) => `${name} ${block}`)).toMatchInlineSnapshot(`
      [
        "neck.lateral_convs.3 true",
        "neck.lateral_convs.2 true",
        "neck.lateral_convs.1 true",
        "neck.lateral_convs.0 true",
        "neck.fpn_convs.0 true",
        "neck.fpn_convs.1 true",
        "neck.fpn_convs.2 true",
        "neck.fpn_convs.3 true",
        "decode_head.scale_heads.0 true",
        "decode_head.scale_heads.1 true",
        "decode_head.scale_heads.2 true",
        "decode_head.scale_heads.3 true",
        "decode_head false",
      ]
    `);
  });

  it('says which backbones there are', () => {
    expect(codeOf(() => semanticFpn({ backbone: 'resnet' as 'swinTiny' }))).toBe('unknown-backbone');
    expect(() => semanticFpn({ backbone: 'resnet' as 'swinTiny' })).toThrow(/'resnet'.*deitTiny.*pvtTiny.*swinTiny/);
  });
});
