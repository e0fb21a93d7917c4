import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { EvaluationPipeline, SegmentationEvaluationPipeline, SegmentationPipeline } from '../../kernel-lib/data/augment/index';
import { graphOf } from '../../kernel-lib/recipe/build-run';
import { optimizerOf } from '../../kernel-lib/recipe/optimizer-of';
import { parseOverrides } from '../../kernel-lib/recipe/overrides';
import { readRecipe, recipeNames } from '../../kernel-lib/recipe/read-recipe';
import { scheduleOf } from '../../kernel-lib/recipe/schedule-of';

const NAMES = [
  'ade20k-semantic-fpn-deit-tiny',
  'ade20k-semantic-fpn-pvt-tiny',
  'ade20k-semantic-fpn-swin-tiny',
  'cifar100-deit-tiny',
  'cifar100-swin-tiny',
  'imagenet-deit-base',
  'imagenet-deit-small',
  'imagenet-deit-tiny',
  'imagenet-pvt-tiny',
  'imagenet-swin-tiny',
];

describe('the recipes', () => {
  it('are those of the experiments', async () => expect(await recipeNames()).toEqual(NAMES));

  it.each(NAMES)('make a model, an optimizer and a schedule in every size: %s', async (name) => {
    const { sizes = {}, published } = await readRecipe(name);
    expect(published.differs.length).toBeGreaterThan(0);
    expect(Object.keys(sizes)).toContain('laptop');
    for (const size of ['full', ...Object.keys(sizes)]) {
      const recipe = await readRecipe(name, { size });
      const graph = graphOf(recipe.model, recipe.data.mixing !== undefined);
      expect(optimizerOf(recipe.optimizer, graph).name).toBe('adamw');
      const rate = scheduleOf(recipe, 100);
      expect(rate(0)).toBeLessThan(recipe.optimizer.lr * 1.001);
      expect(recipe.batch % (recipe.accumulate ?? 1)).toBe(0);
      const { pipeline } = recipe.evaluation;
      const [, height] = graph.feeds.images!.spec.dims;
      const { crop, pad, scale } = pipeline as EvaluationPipeline & SegmentationEvaluationPipeline;
      expect(crop ?? pad?.[1] ?? scale[1]).toBe(height);
      const { train } = recipe.data;
      expect(train.kind === 'classification' ? train.size : (train as SegmentationPipeline).crop[1]).toBe(height);
    }
  });
});

describe('a recipe', () => {
  const change = (...texts: string[]) => readRecipe('cifar100-deit-tiny', { set: parseOverrides(texts) });

  it('is changed by path', async () => {
    const recipe = await change(
      'batch=32',
      'model.imageSize=112',
      'policy=plus',
      'data.mixing=null',
      'length={"steps":10}',
      'data.train.erase.count=2',
    );
    expect(recipe).toMatchObject({
      batch: 32,
      model: { imageSize: 112 },
      policy: 'plus',
      length: { steps: 10 },
      data: { train: { erase: { count: 2 } } },
    });
    expect(recipe.data.mixing).toBeUndefined();
    expect((await readRecipe('cifar100-deit-tiny')).batch).toBe(128);
  });

  it.each([
    ['bach=32', /^bach: is no field of a recipe \(try batch\)/],
    ['model.imagesize=32', /^model.imagesize: is no field of a recipe \(try model.imageSize\)/],
    ['model.window=7', /^model.window: is no field of a recipe \(try /],
    ['model.name=deitTinny', /^model.name: cannot be "deitTinny" \(try deitTiny, of vit, /],
    ['policy=messa', /^policy: cannot be "messa" \(try mesa, of exact, mesa/],
    ['batch=many', /^batch: cannot be "many" \(try number/],
    ['length={"step":3}', /^length: cannot be {"step":3} \(try .*, or /],
    ['batch=0', /^batch: cannot be 0 /],
    ['length=null', /^length: is missing/],
    ['data.train.flip=2', /^data.train.flip: cannot be 2 \(try a number from 0 to 1\)/],
    ['data.train.flipp=1', /^data.train.flipp: /],
    ['evaluation.pipeline.crop=null', /^evaluation.pipeline.crop: is missing/],
    ['data.mixing.mixup=-1', /^data.mixing.mixup: cannot be -1/],
    ['schedule.power=1', /^schedule.power: is no field of a recipe \(try /],
    ['what.x=1', /^what.x: 'what' is ".*" and has no parts/],
    ['__proto__.x=1', /is no path of a recipe/],
  ])('says where a change is wrong and what is near: %s', async (text, error) => {
    await expect(change(text)).rejects.toThrow(error);
  });

  it('says what there is in place of what there is not', async () => {
    await expect(readRecipe('cifar100-deit-tinny')).rejects.toThrow(/no recipe 'cifar100-deit-tinny' \(try cifar100-deit-tiny\)/);
    await expect(readRecipe('zzz')).rejects.toThrow(/try ade20k-semantic-fpn-deit-tiny, /);
    await expect(readRecipe('cifar100-deit-tiny', { size: 'phone' })).rejects.toThrow(
      /no size 'phone' \(try full, laptop, small, finetune, finetune-short\)/,
    );
    await expect(readRecipe('./none.json')).rejects.toThrow(/none.json: cannot be read \(ENOENT\)/);
    await expect(readRecipe(__filename.replace('.json', '/'))).rejects.toThrow(/is no JSON/);
    expect(() => parseOverrides(['batch'])).toThrow(/'batch' is no key=value/);
  });

  it('names parameters that do not decay, and no others', async () => {
    const { model, optimizer } = await readRecipe('cifar100-deit-tiny');
    expect(() => optimizerOf({ ...optimizer, noDecay: ['pos_embet'] }, graphOf(model, false))).toThrow(
      /'pos_embet' matches none .*pos_embed/,
    );
  });

  it('gives parameters learning rates of their own, by glob', async () => {
    const { model, optimizer } = await readRecipe('cifar100-deit-tiny');
    const { command } = optimizerOf({ ...optimizer, rates: { 'head.*': 30 } }, graphOf(model, false));
    const tensor = { size: 1 } as Tensor;
    const values = { weight: tensor, gradient: tensor, m: tensor, v: tensor };
    const lr = (name: string): unknown => command!({ name, shape: [1], values }, { update: 1, lr: 2, scale: 1 }).args[5];
    expect(['head.weight', 'head.bias', 'norm.weight'].map(lr)).toEqual([60, 60, 2]);
    expect(() => optimizerOf({ ...optimizer, rates: { 'had.*': 30 } }, graphOf(model, false))).toThrow(/'had\.\*' matches none/);
  });
});
