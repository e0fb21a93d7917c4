import { describe, expect, it } from 'vitest';
import { fitWeights, type Weights } from '../../../kernel-lib/models/pretrained/fit-weights';
import { vit } from '../../../kernel-lib/models/vit';
import type { Graph, ParamSpec } from '../../../kernel-lib/tape/graph';

const small = { imageSize: 16, patchSize: 4, channels: 1, classes: 5, width: 12, depth: 2, heads: 3 };
const graph = vit(small);

/** Weights of these shapes; element i of each is i. */
const weightsOf = (shapes: Iterable<readonly [string, readonly number[]]>): Map<string, { shape: readonly number[]; data: Float32Array }> =>
  new Map([...shapes].map(([name, shape]) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => i) }]));
const full = (of: Graph = graph) => weightsOf([...of.params.values()].map(({ name, shape }) => [name, shape] as const));

/** A graph with nothing but parameters. */
const only = (shapes: Readonly<Record<string, readonly number[]>>): Graph => ({
  ...graph,
  params: new Map(Object.entries(shapes).map(([name, shape]) => [name, { name, shape, init: { kind: 'zeros' } } as ParamSpec])),
});
const fitTo = (of: Graph, weights: Weights) => {
  const { weights: fitted, ...report } = fitWeights(of, weights);
  return { names: [...fitted.keys()], fitted, ...report };
};

describe('published weights', () => {
  it('of the same names and sizes are taken as they are', () => {
    const { fitted, ...report } = fitTo(graph, full());
    expect(report).toMatchObject({ missing: [], unexpected: [], resized: [] });
    expect(fitted.get('head.bias')!.data).toEqual(Float32Array.from([0, 1, 2, 3, 4]));
  });

  it('are called what they are here: Swin with its downsampling at the end of a stage, and buffers', () => {
    const swin = only({
      'layers.0.blocks.0.norm1.bias': [4],
      'layers.1.downsample.norm.weight': [4],
      'layers.2.downsample.norm.weight': [4],
      'head.fc.weight': [5, 4],
    });
    const microsoft = weightsOf([
      ['layers.0.blocks.0.norm1.bias', [4]],
      ['layers.0.blocks.0.attn.relative_position_index', [49, 49]],
      ['layers.0.blocks.1.attn_mask', [64, 49, 49]],
      ['layers.0.downsample.norm.weight', [4]],
      ['layers.1.downsample.norm.weight', [4]],
      ['head.weight', [5, 4]],
    ]);
    expect(fitTo(swin, microsoft)).toMatchObject({ names: [...swin.params.keys()], missing: [], unexpected: [] });
    expect(fitTo(swin, full(swin)).names).toEqual([...swin.params.keys()]);
  });

  it('of a classifier serve as a backbone, without what stands behind it', () => {
    const segmenter = only({ 'backbone.blocks.0.norm1.bias': [4], 'backbone.norm0.bias': [4], 'decode_head.conv_seg.bias': [5] });
    const classifier = weightsOf([
      ['blocks.0.norm1.bias', [4]],
      ['norm.bias', [4]],
      ['head.bias', [9]],
    ]);
    const { names, missing, unexpected } = fitTo(segmenter, classifier);
    expect({ names, missing, unexpected }).toEqual({
      names: ['backbone.blocks.0.norm1.bias'],
      missing: ['backbone.norm0.bias', 'decode_head.conv_seg.bias'],
      unexpected: [],
    });
    classifier.delete('blocks.0.norm1.bias');
    expect(() => fitTo(segmenter, classifier)).toThrow(/missing 'backbone.blocks.0.norm1.bias'/);
    expect(() => fitTo(segmenter, classifier.set('fpn.bias', classifier.get('norm.bias')!))).toThrow(/unexpected 'fpn.bias'/);
    const whole = full(segmenter);
    whole.delete('decode_head.conv_seg.bias');
    expect(() => fitTo(segmenter, whole)).toThrow(/missing 'decode_head.conv_seg.bias'/);
  });

  it('have their positions resampled for other images, the class token kept', () => {
    const { fitted, resized } = fitTo(vit({ ...small, imageSize: 32 }), full());
    expect(resized).toEqual(['pos_embed']);
    const { shape, data } = fitted.get('pos_embed')!;
    expect(shape).toEqual([1, 65, 12]);
    expect([...data.subarray(0, 12)]).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(data.every((v) => v > -100 && v < 17 * 12 + 100)).toBe(true);
    expect(fitTo(vit({ ...small, imageSize: 16 }), new Map([...full(), ['pos_embed', fitted.get('pos_embed')!]])).resized).toEqual([
      'pos_embed',
    ]);
  });

  it.each([
    ['a class token that has no place is left out', [1, 50, 2], [1, 49, 2], 2],
    ['a square without token stays one', [1, 49, 2], [1, 16, 2], undefined],
  ])('have positions of every kind: %s', (_, from, to, first) => {
    const { fitted } = fitTo(only({ pos_embed4: to as number[] }), weightsOf([['pos_embed4', from as number[]]]));
    expect(fitted.get('pos_embed4')!.shape).toEqual(to);
    if (first !== undefined) expect(fitted.get('pos_embed4')!.data[0]).toBe(first);
  });

  it('have square positions resampled for oblong images', () => {
    const { fitted } = fitTo(vit({ ...small, imageSize: [16, 24] }), full());
    expect(fitted.get('pos_embed')!.shape).toEqual([1, 25, 12]);
    const corner = full().get('pos_embed')!.data.at(-1)!;
    expect(Math.abs(fitted.get('pos_embed')!.data.at(-1)! - corner)).toBeLessThan(12);
  });

  it('have the tables of relative positions resampled for another window', () => {
    const table = 'layers.0.blocks.0.attn.relative_position_bias_table';
    const { fitted, resized } = fitTo(only({ [table]: [49, 3] }), weightsOf([[table, [169, 3]]]));
    expect(resized).toEqual([table]);
    expect(fitted.get(table)!.data.length).toBe(49 * 3);
  });

  it('lose their head on request', () => {
    const { weights, missing } = fitWeights(vit({ ...small, classes: 7 }), full(), { head: 'new' });
    expect(missing).toEqual(['head.weight', 'head.bias']);
    expect(weights.has('head.weight')).toBe(false);
    const headless = full();
    headless.delete('head.weight');
    expect(fitWeights(graph, headless, { head: 'new' }).missing).toEqual(['head.weight', 'head.bias']);
  });

  it('may lack adapters, which start at random', () => {
    expect(fitTo(vit({ ...small, lora: { rank: 2, alpha: 2 } }), full()).missing).toContain('blocks.0.attn.q.lora_a');
  });

  it('that do not match are all listed', () => {
    const other = full(vit({ ...small, depth: 3, classes: 7, channels: 3 }));
    other.delete('norm.bias');
    expect(() => fitTo(graph, other)).toThrowErrorMatchingInlineSnapshot(
      `[MesaError: 'patch_embed.proj.weight' is [12,3,4,4] where the model has [12,1,4,4]; 'head.weight' is [7,12] where the model has [5,12]; 'head.bias' is [7] where the model has [5]; missing 'norm.bias'; unexpected 'blocks.2.norm1.weight', 'blocks.2.norm1.bias', 'blocks.2.attn.qkv.weight', 'blocks.2.attn.qkv.bias', 'blocks.2.attn.proj.weight', 'blocks.2.attn.proj.bias', 'blocks.2.norm2.weight', 'blocks.2.norm2.bias', 'blocks.2.mlp.fc1.weight', 'blocks.2.mlp.fc1.bias', 'blocks.2.mlp.fc2.weight', 'blocks.2.mlp.fc2.bias' (try the model's own options, and { head: 'new' } for other classes) [weights-do-not-match]]`,
    );
    expect(() =>
      fitTo(vit({ ...small, imageSize: 20 }), new Map([...full(), ['pos_embed', { shape: [1, 15, 12], data: new Float32Array(180) }]])),
    ).toThrow(/'pos_embed' is \[1,15,12\] where the model has \[1,26,12\]/);
  });
});
