import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Command } from '../../kernel-lib/cli/command';
import { dataCommand } from '../../kernel-lib/cli/data';
import { evalCommand } from '../../kernel-lib/cli/eval';
import { trainCommand } from '../../kernel-lib/cli/train';
import { weightsCommand } from '../../kernel-lib/cli/weights';
import { MesaError } from '../../kernel-lib/errors';

const small = join(__dirname, '../recipe/small.json');
const out = mkdtempSync(join(tmpdir(), 'mesa-lab-commands-'));
afterAll(() => rmSync(out, { recursive: true }));

/** Runs a command with what it says caught; `onSay` hears standard output as it comes. */
async function run(command: Command, args: readonly string[], onSay: (text: string) => void = () => {}) {
  const said: string[] = [];
  const told: string[] = [];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said.push(String(text));
      onSay(String(text));
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => told.push(String(text)) > 0),
  ];
  try {
    return { code: await command.run(args), said: said.join(''), told: told.join('') };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe('mesa-lab train', () => {
  it('tells what a step takes before the first one, how it goes, and what came of it', async () => {
    const folder = join(out, 'text');
    const { code, said, told } = await run(trainCommand, [small, '--out', folder, '--set', 'policy=plus']);
    expect(code).toBe(0);
    const [what, model, steps, planned, estimated, first, ...rest] = said.trim().split('\n');
    expect(what).toBe('noise, small enough for a test');
    expect(model).toMatch(/^vit, [\d,]+ parameters, policy plus; 256 images to train on, 64 to evaluate on$/);
    expect(steps).toBe('6 steps of 8 images in micro-batches of 4; an epoch has 32');
    expect(planned).toMatch(/^planned: [\d.]+ MiB saved for backward, [\d.]+ MiB at the peak of a step \(weights .*optimizer .*saves/);
    expect(estimated).toMatch(/^estimated: [\d.]+ m?s a step of [\d.]+ GFLOP, [\d.]+ m?s in all without data and evaluations$/);
    expect(first).toMatch(/^the first step took .*: about .* to the end, without evaluations$/);
    expect(rest.join('\n')).toMatch(/^step 3: top-1 [\d.]+ %, top-5 [\d.]+ %, loss [\d.]+ \(best\), in/m);
    expect(rest.at(-1)).toBe(`wrote ${folder}: weights.safetensors, metrics.json, log.jsonl, best.safetensors`);
    expect(told).toMatch(/done after 6 of 6 steps/);
  });

  it('gives events as JSON lines, and evaluation the same scores again', async () => {
    const folder = join(out, 'json');
    const { said } = await run(trainCommand, [small, '--out', folder, '--json']);
    const events = said.trim().split('\n').map((line) => JSON.parse(line)); // biome-ignore format: one line
    expect(events.map(({ kind }) => kind)).toEqual([
      'plan',
      'step',
      'step',
      'step',
      'evaluation',
      'step',
      'step',
      'step',
      'evaluation',
      'end',
    ]);
    expect(readFileSync(join(folder, 'log.jsonl'), 'utf8')).toBe(said);
    const args = ['--recipe', join(folder, 'recipe.json'), '--weights', join(folder, 'weights.safetensors')];
    const { said: text } = await run(evalCommand, args);
    const { accuracy, loss } = events.at(-1).last;
    expect(text).toMatch(new RegExp(`^top-1 ${(100 * accuracy).toFixed(2)} %, top-5 [\\d.]+ %, loss ${loss.toFixed(4)}\n$`));
    const { said: json } = await run(evalCommand, [...args, '--json']);
    expect(JSON.parse(json)).toMatchObject(events.at(-1).last);
  });

  it('stops at an Interrupt after the step under way, and writes what is there', async () => {
    const folder = join(out, 'interrupted');
    const { code, said, told } = await run(trainCommand, [small, '--out', folder], (text) => {
      if (text.startsWith('the first step')) process.emit('SIGINT');
    });
    expect(code).toBe(130);
    expect(told).toMatch(/stopped after 1 of 6 steps/);
    expect(said).toMatch(/^all 6 steps would take about /m);
    expect(said).toMatch(/wrote .*: weights.safetensors, metrics.json, log.jsonl\n$/);
    expect(JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8'))).toMatchObject({ steps: 1, stopped: true });
  });

  it('lists the recipes', async () => {
    expect((await run(trainCommand, ['--list'])).said).toMatch(
      /^imagenet-deit-tiny +DeiT-Ti on ImageNet-1k, from scratch \(full, laptop, finetune\)$/m,
    );
  });

  it.each([
    [trainCommand, [], /cannot make sense of train .*usage/s],
    [trainCommand, [small, '--steps', 'few'], /--steps: 'few' is no whole number/],
    [trainCommand, [small, '--set', 'bach=2'], /bach: is no field of a recipe \(try batch\)/],
    [trainCommand, [small, '--outt', 'x'], /Unknown option '--outt'/],
    [evalCommand, [], /needs either --model or --recipe/],
    [evalCommand, ['--model', 'vit', '--recipe', small], /needs either/],
    [evalCommand, ['--model', 'deitTiny', '--weights', 'none.safetensors'], /none.safetensors: cannot be opened/],
    [dataCommand, ['get'], /cannot make sense of data get/],
    [dataCommand, ['put', 'cifar100'], /data has no put/],
    [weightsCommand, ['get'], /cannot make sense of weights get/],
  ] as const)('say what is wrong with their arguments: %#', async (command, args, text) => {
    await expect(run(command, args)).rejects.toThrow(text);
  });
});

describe('mesa-lab weights', () => {
  it('lists what is known, and takes a file that fits', async () => {
    const cache = join(out, 'cache');
    expect((await run(weightsCommand, ['list', '--cache', cache])).said).toMatch(/^pvtTiny +PVT-Ti.*Apache-2.0.*by hand$/m);
    await run(trainCommand, [small, '--out', join(out, 'other'), '--steps', '1']);
    const adding = run(weightsCommand, ['add', 'deitTiny', join(out, 'other/weights.safetensors'), '--cache', cache]);
    await expect(adding).rejects.toThrow(/'head.weight' is \[10,12\] where the model has \[1000,192\].*missing 'blocks/);
  });
});

describe('mesa-lab data', () => {
  it('tells what a folder lacks, as text and as JSON', async () => {
    const { code, said } = await run(dataCommand, ['check', 'cifar100', '--data', out]);
    expect(code).toBe(1);
    expect(said).toMatch(/^cifar100 in .*: not complete\n.*missing: /s);
    const { said: json } = await run(dataCommand, ['check', 'cifar100', '--data', out, '--json']);
    expect(JSON.parse(json)).toMatchObject({ name: 'cifar100', complete: false });
    await expect(run(dataCommand, ['check', 'cifar10', '--data', out])).rejects.toThrow(MesaError);
  });
});
