import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { start } from '../../kernel-lib/engine/start';
import { readWeights } from '../../kernel-lib/files/weights';
import { buildRun } from '../../kernel-lib/recipe/build-run';
import { evaluateWeights } from '../../kernel-lib/recipe/evaluate-weights';
import type { Overrides } from '../../kernel-lib/recipe/overrides';
import { readRecipe } from '../../kernel-lib/recipe/read-recipe';
import type { RunEvent, StepEvent } from '../../kernel-lib/recipe/run-events';
import { type RunOptions, runRecipe } from '../../kernel-lib/recipe/run-recipe';

const small = join(__dirname, 'small.json');
const out = mkdtempSync(join(tmpdir(), 'mesa-lab-run-'));
let engine: Engine;

beforeAll(async () => {
  engine = await start({ quiet: true });
});
afterAll(() => rmSync(out, { recursive: true }));

async function run(options: RunOptions = {}, set: Overrides = {}) {
  const events: RunEvent[] = [];
  const end = await runRecipe(await readRecipe(small, { set }), {
    ...options,
    onEvent: (e) => {
      events.push(e);
      options.onEvent?.(e);
    },
  });
  const steps = events.filter((e): e is StepEvent => e.kind === 'step');
  return { end, events, steps, kinds: events.map(({ kind }) => kind).join(' ') };
}

describe('a run of a recipe', () => {
  it('plans, trains, evaluates and writes what came of it', async () => {
    const folder = join(out, 'whole');
    const before = engine.ledger.liveBytes;
    const { end, events, steps, kinds } = await run({ out: folder });
    expect(engine.ledger.liveBytes).toBe(before);
    expect(kinds).toBe('plan step step step evaluation step step step evaluation end');
    expect(steps.map(({ step, of }) => `${step}/${of}`).at(-1)).toBe('6/6');
    expect(steps.at(-1)).toMatchObject({ samples: 8, remainingMs: 0, epoch: 0 });
    expect(steps[0]!.lr).toBeCloseTo(1e-6, 9);
    const plan = events[0] as Extract<RunEvent, { kind: 'plan' }>;
    expect(plan).toMatchObject({ steps: 6, stepsPerEpoch: 32, microBatch: 4, images: { train: 256, evaluation: 64 } });
    expect(plan.peakBytes).toBe(steps[3]!.peakBytes);
    expect(plan.savedBytes).toBe(steps[3]!.savedBytes);
    expect(readdirSync(folder).sort()).toEqual(['best.safetensors', 'log.jsonl', 'metrics.json', 'recipe.json', 'weights.safetensors']);
    const logged = readFileSync(join(folder, 'log.jsonl'), 'utf8').trim().split('\n');
    expect(logged.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(events)));
    const metrics = JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8'));
    expect(metrics).toMatchObject({ steps: 6, stopped: false, seed: 0, last: { samples: 32 }, engine: { form: engine.form } });
    expect(end.best!.accuracy).toBeGreaterThanOrEqual(end.last!.accuracy);

    const again = await evaluateWeights({ recipe: join(folder, 'recipe.json'), weights: join(folder, 'weights.safetensors') });
    expect(again).toEqual(end.last);
    await expect(run({ out: folder })).rejects.toThrow(/holds a run already/);
  });

  it('gives the same weights again, also as a part of itself', async () => {
    await run({ out: join(out, 'part'), steps: 3 });
    await run({ out: join(out, 'part-again'), steps: 3 });
    const [a, b] = await Promise.all(['part', 'part-again'].map((name) => readWeights(join(out, name, 'weights.safetensors'))));
    expect(a).toEqual(b);
    const whole = readFileSync(join(out, 'whole/log.jsonl'), 'utf8').split('\n').slice(1, 4);
    const part = readFileSync(join(out, 'part/log.jsonl'), 'utf8').split('\n').slice(1, 4);
    const losses = (lines: string[]) => lines.map((line) => (JSON.parse(line) as StepEvent).loss);
    expect(losses(part)).toEqual(losses(whole));
  });

  it('stops after the step under way, and writes what is there', async () => {
    const stop = new AbortController();
    const folder = join(out, 'stopped');
    const { end, kinds } = await run({
      out: folder,
      signal: stop.signal,
      onEvent: (e) => e.kind === 'step' && e.step === 2 && stop.abort(),
    });
    expect(kinds).toBe('plan step step end');
    expect(end).toMatchObject({ steps: 2, stopped: true });
    expect(readdirSync(folder).sort()).toEqual(['log.jsonl', 'metrics.json', 'recipe.json', 'weights.safetensors']);
    const during = new AbortController();
    const { kinds: cut } = await run({ signal: during.signal, onEvent: (e) => e.kind === 'step' && e.step === 3 && during.abort() });
    expect(cut).toBe('plan step step step end');
  });

  it('trains nothing of what is frozen, and keeps no moments for it', async () => {
    const built = await buildRun(await readRecipe(small, { set: { 'model.frozen': ['blocks.**', '*_embed.**'] } }));
    const before = engine.read(built.model.params.get('blocks.0.attn.qkv.weight')!);
    await built.trainer.step();
    expect(engine.read(built.model.params.get('blocks.0.attn.qkv.weight')!)).toEqual(before);
    built.dispose();
  });

  it('leaves nothing behind when it cannot begin', async () => {
    const before = engine.ledger.liveBytes;
    await expect(run({}, { 'model.classes': 7 })).rejects.toThrow(
      /model.classes: the model tells 7 classes, the data has 10 \(try model.classes=10\)/,
    );
    await expect(run({}, { 'optimizer.noDecay': ['nothing'] })).rejects.toThrow(/'nothing' matches none/);
    await expect(run({}, { 'model.pretrained': small })).rejects.toThrow(/safetensors/);
    await expect(run({}, { 'schedule.warmup': { steps: 60 } })).rejects.toThrow(/warmup of 60 in 6 steps/);
    expect(engine.ledger.liveBytes).toBe(before);
  });
});
