// A worker that runs the matrix products of a step alone, and the processor's peak: what no step can be faster than.
import { createInterface } from 'node:readline';
import type { Tensor } from '@tensorflow/tfjs-core';
import { type Engine, type Kernels, start } from 'mesa-lab';
import { matmulScratch, panelFloats, weightGradientScratch } from '#lab/engine/scratch';
import { type Setting, tokensOf } from './settings';
import { timed } from './timed';

interface Config {
  readonly setting: Setting;
  readonly threads: number;
  readonly form: string;
}

/** Floating point operations of the products of a step, forward and backward, without patch embedding and head (under 2 %). */
export function productFlops(setting: Setting): number {
  const { width, depth, heads, batch } = setting;
  const tokens = tokensOf(setting);
  const linear = 2 * batch * tokens * 12 * width ** 2;
  const attention = 2 * 2 * batch * heads * tokens ** 2 * (width / heads);
  return 3 * depth * (linear + attention);
}

/** Returns what queues the products of one block, forward and backward. Nothing it writes is read as x, so that numbers stay small. */
function blockProducts(engine: Engine, { width, heads, batch }: Setting, tokens: number): () => void {
  const m = batch * tokens;
  const depth = width / heads;
  const many = batch * heads;
  const queue: Kernels['queue'] = (...command) => engine.kernels?.queue(...command);
  const filled = (...shape: number[]): Tensor => engine.from(new Float32Array(shape.reduce((a, b) => a * b)).fill(0.01), shape);

  const [x, y, dx] = [filled(m, 4 * width), filled(m, 4 * width), filled(m, 4 * width)];
  const [w, dw, panels] = [filled(4 * width, width), filled(4 * width, width), filled(panelFloats(4 * width, 4 * width))];
  const [q, o, scores] = [filled(many, tokens, depth), filled(many, tokens, depth), filled(many, tokens, tokens)];

  /** y [m, n] = x [m, k] w^T, dx = y w, dw = y^T x. */
  function linear(k: number, n: number): void {
    queue('panels', [w, k, 1, k, n, panels]);
    queue('linear', [x, k, panels, y, n, m, n, k, null, 0]);
    queue('panels', [w, k, 0, n, k, panels]);
    queue('linear', [y, n, panels, dx, k, m, k, n, null, 0]);
    queue('linear_weight_gradient', [x, k, y, n, m, k, n, dw, null, 0], weightGradientScratch);
  }
  /** [tokens, tokens] = q k^T a head */
  function toScores(): void {
    queue('matmul', [q, q, scores, many, tokens, tokens, depth, 0, 1, tokens * depth, tokens * depth], matmulScratch);
  }
  /** [tokens, depth] = scores v a head */
  function fromScores(transposed: 0 | 1): void {
    queue('matmul', [scores, q, o, many, tokens, depth, tokens, transposed, 0, tokens * tokens, tokens * depth], matmulScratch);
  }

  return () => {
    linear(width, 3 * width);
    linear(width, width);
    linear(width, 4 * width);
    linear(4 * width, width);
    toScores(); // q k^T
    fromScores(0); // o = probs v
    toScores(); // dprobs = do v^T
    fromScores(1); // dv = probs^T do
    fromScores(0); // dq = dscores k
    fromScores(1); // dk = dscores^T q
  };
}

const PEAK_FLOPS = 4e9; // a thread

async function main({ setting, threads, form }: Config): Promise<void> {
  const engine = await start({ backend: form as 'native', threads, quiet: true });
  const { kernels } = engine;
  if (!kernels) throw new Error(`${form} has no kernels`);
  const block = blockProducts(engine, setting, tokensOf(setting));
  const flops = productFlops(setting);
  const sums = engine.empty([engine.threads]);

  function step(): object {
    const ms = timed(kernels, () => {
      for (let i = 0; i < setting.depth; i++) block();
    });
    const peakMs = timed(kernels, () => kernels?.queue('fma_peak', [PEAK_FLOPS, sums]));
    return { ms, gflops: flops / ms / 1e6, peakGflops: (PEAK_FLOPS * engine.threads) / peakMs / 1e6 };
  }

  for (let i = 0; i < 2; i++) step();
  process.stdout.write(`${JSON.stringify({ ready: true, isa: engine.isa })}\n`);
  for await (const _ of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(step())}\n`);
  process.exit();
}

if (require.main === module) void main(JSON.parse(process.argv[2] as string) as Config);
