// A worker that runs the matrix products of a model's step alone, on data that lie ready for them, and the processor's peak.
import { createInterface } from 'node:readline';
import { dryEngine, type Engine, type Kernels, models, start } from 'mesa-lab';
import { matmulScratch, panelFloats, weightGradientScratch } from '#lab/engine/scratch';
import { flopsOf, type Product, productsOf } from './graph-products';
import type { ModelSetting } from './model-settings';
import { timed } from './timed';

interface Config {
  readonly setting: ModelSetting;
  readonly threads: number;
  readonly form: string;
}

/** Milliseconds and operations of the products, by kind, and the peak. */
export interface FloorAnswer {
  readonly ms: number;
  readonly parts: Readonly<Record<string, { readonly ms: number; readonly flops: number }>>;
  readonly peakGflops: number;
}

const PEAK_FLOPS = 4e9; // a thread
const ROWS = 1024; // as many as the tape's slices have, so that what a layer reads and writes is still in the caches

/** Returns what queues a product. All read the same two tensors, and write to a third. */
function queuer(engine: Engine, { queue }: Pick<Kernels, 'queue'>, all: readonly Product[]): (p: Product) => void {
  const filled = (floats: (p: Product) => number) => {
    const n = Math.max(...all.map(floats));
    return engine.from(new Float32Array(n).fill(0.01), [n]);
  };
  const rows = (n: number): number => Math.min(n, ROWS);
  const a = filled(({ command, groups, m, k }) => groups * (command === 'linear' ? rows(m) * k : m * k));
  const b = filled(({ groups, n, k }) => groups * n * k);
  const c = filled(({ command, groups, m, n }) => groups * (command === 'linear' ? rows(m) * n : m * n));
  const panels = filled(({ command, k, n }) => (command === 'linear' ? panelFloats(k, n) : 1));

  return ({ command, groups, m, n, k, ta, tb }) => {
    if (command === 'matmul') queue(command, [a, b, c, groups, m, n, k, ta, tb, m * k, k * n], matmulScratch);
    else if (command === 'linear') {
      queue('panels', [b, tb ? k : n, tb, k, n, panels]);
      for (let r = 0; r < m; r += ROWS) queue(command, [a, k, panels, c, n, rows(m - r), n, k, null, 0]);
    } else for (let r = 0; r < k; r += ROWS) queue(command, [b, n, a, m, rows(k - r), n, m, c, null, r > 0 ? 1 : 0], weightGradientScratch);
  };
}

async function main({ setting, threads, form }: Config): Promise<void> {
  const make = models[setting.model] as (options: object) => models.Model;
  const all = productsOf(make({ ...setting.options, engine: dryEngine() }).graph, setting.batch);
  const engine = await start({ backend: form as 'native', threads, quiet: true });
  const { kernels } = engine;
  if (!kernels) throw new Error(`${form} has no kernels`);
  const queue = queuer(engine, { queue: (...command) => kernels.queue(...command) }, all);
  const sums = engine.empty([engine.threads]);

  function step(): FloorAnswer {
    const parts: Record<string, { ms: number; flops: number }> = {};
    for (const kind of new Set(all.map((p) => p.kind))) {
      const some = all.filter((p) => p.kind === kind);
      parts[kind] = { ms: timed(kernels, () => some.forEach(queue)), flops: some.reduce((sum, p) => sum + flopsOf(p), 0) };
    }
    const peakMs = timed(kernels, () => kernels?.queue('fma_peak', [PEAK_FLOPS, sums]));
    const ms = Object.values(parts).reduce((sum, part) => sum + part.ms, 0);
    return { ms, parts, peakGflops: (PEAK_FLOPS * engine.threads) / peakMs / 1e6 };
  }

  for (let i = 0; i < 2; i++) step();
  process.stdout.write(`${JSON.stringify({ ready: true, isa: engine.isa })}\n`);
  for await (const _ of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(step())}\n`);
  process.exit();
}

if (require.main === module) void main(JSON.parse(process.argv[2] as string) as Config);
