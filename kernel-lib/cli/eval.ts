import { parseArgs } from 'node:util';
import { evaluateWeights } from '../recipe/evaluate-weights';
import { parseOverrides } from '../recipe/overrides';
import { progress } from '../show/progress';
import { engineOptions, engineUsage, startEngine } from './engine-options';
import { count, misused, say, wholeNumber } from './text';
import { scored } from './train-report';

export const usage: string = `mesa-lab eval --model NAME --weights FILE --data DIR [--dataset NAME] [--protocol as-is] [--set KEY=VALUE]... [--json]
mesa-lab eval --recipe NAME|FILE [--size NAME] --weights FILE [--data DIR] [--json]
  evaluates weights: of a model by name, or of a recipe (recipe.json in the folder of a run)
  --weights   a safetensors file, or the name of published ones (mesa-lab weights list); the model's own published ones unless told
  --dataset   imagenet, cifar100, ade20k, camvid or imageFolder; imagenet unless told
  --protocol  published: the shorter side resized to 256/224 of the model's size, bicubic, and the centre; as-is: the centre, nothing resized
  --set       an option of the model: --set imageSize=384 --set classes=100          --batch N  images at once (64)
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
  set: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  ...engineOptions,
} as const;

/** `mesa-lab eval ...` */
export async function evalCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (positionals.length > 0 || (values.model === undefined) === (values.recipe === undefined))
    throw misused(`needs either --model or --recipe${positionals.length > 0 ? `, and knows no ${positionals.join(' ')}` : ''}`, usage);
  const { batch, set = [], json, backend, threads, ...named } = values;
  const engine = await startEngine({ ...(backend !== undefined && { backend }), ...(threads !== undefined && { threads }) });
  const bar = progress('evaluating', 1000);
  const began = performance.now();
  const { confusion, ...scores } = await evaluateWeights({
    ...named,
    engine,
    set: parseOverrides(set),
    ...(batch !== undefined && { batch: wholeNumber('--batch', batch, 1) }),
    onProgress: (done, total) => bar.update(Math.round((1000 * done) / total), `${count(done)} of ${count(total)} images`),
  });
  const seconds = (performance.now() - began) / 1000;
  bar.end(`${count(scores.samples)} images, ${(scores.samples / seconds).toFixed(1)} a second`);
  say(json ? JSON.stringify({ ...scores, seconds }) : scored(scores));
  return 0;
}
