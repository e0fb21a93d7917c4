import { parseArgs } from 'node:util';
import { evaluateWeights } from '../recipe/evaluate-weights';
import { parseOverrides } from '../recipe/overrides';
import { progress } from '../show/progress';
import type { Command } from './command';
import { engineOptions, engineUsage, startEngine } from './engine-options';
import { count, misused, say, wholeNumber } from './text';
import { scored } from './train-report';

const SUMMARY = 'evaluate weights: top-1 and top-5, or mean IoU';
const USAGE = `mesa-lab eval --model NAME [--weights FILE] --data DIR [--set KEY=VALUE]... [--json]
mesa-lab eval --recipe NAME|FILE [--size NAME] --weights FILE [--data DIR] [--json]
  Evaluates weights of a model, or of a recipe (recipe.json in the folder of a run).

  --weights FILE   a safetensors file, or the name of published ones; those of the model unless told
  --data DIR       where the data is
  --dataset NAME   imagenet (unless told), cifar100, ade20k, camvid or imageFolder
  --protocol NAME  of classes, published: the shorter side resized to 256/224 of the model's size, bicubic, then the
                   centre; as-is: the centre of the picture, nothing resized
                   of maps, published: each picture whole in a size of its own, compared at all pixels of its mask;
                   padded: all fitted into the model's size
  --set KEY=VALUE  an option of the model: --set imageSize=384
  --batch N        images at once (64)
  --images N       on N images of all classes, always the same ones
  --json           the result as JSON on standard output
${engineUsage}`;

const options = {
  model: { type: 'string' },
  recipe: { type: 'string' },
  size: { type: 'string' },
  weights: { type: 'string' },
  data: { type: 'string' },
  dataset: { type: 'string' },
  protocol: { type: 'string' },
  batch: { type: 'string' },
  images: { type: 'string' },
  set: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  ...engineOptions,
} as const;

/** `mesa-lab eval ...` */
export const evalCommand: Command = { summary: SUMMARY, usage: USAGE, run };

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (positionals.length > 0 || (values.model === undefined) === (values.recipe === undefined))
    throw misused(`needs either --model or --recipe${positionals.length > 0 ? `, and knows no ${positionals.join(' ')}` : ''}`, USAGE);
  const { batch, images, set = [], json, backend, threads, ...named } = values;
  const engine = await startEngine({ ...(backend !== undefined && { backend }), ...(threads !== undefined && { threads }) });
  const bar = progress('evaluating', 1000);
  const began = performance.now();
  const { confusion, ...scores } = await evaluateWeights({
    ...named,
    engine,
    set: parseOverrides(set),
    ...(batch !== undefined && { batch: wholeNumber('--batch', batch, 1) }),
    ...(images !== undefined && { images: wholeNumber('--images', images, 1) }),
    onProgress: (done, total) => bar.update(Math.round((1000 * done) / total), `${count(done)} of ${count(total)} images`),
  });
  const seconds = (performance.now() - began) / 1000;
  bar.end(`${count(scores.samples)} images, ${(scores.samples / seconds).toFixed(1)} a second`);
  say(json ? JSON.stringify({ ...scores, seconds }) : scored(scores));
  return 0;
}
