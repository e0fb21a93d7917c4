// A worker that runs a convolution, forward and backward, and the products that it is made of on data that lie ready for them.
import { createInterface } from 'node:readline';
import type { Tensor } from '@tensorflow/tfjs-core';
import { type Engine, type Kernels, start } from 'mesa-lab';
import { panelFloats, weightGradientScratch } from '#lab/engine/scratch';
import { conv2d } from '#lab/ops/conv2d';
import type { Context } from '#lab/tape/op';
import { type ConvShape, outRows } from './conv-shapes';
import { timed } from './timed';

interface Config {
  readonly shape: ConvShape;
  readonly threads: number;
  readonly form: string;
}

/** Milliseconds. */
export interface ConvAnswer {
  readonly forward: number;
  readonly backward: number;
}

type Halves = Readonly<Record<keyof ConvAnswer, () => void>>;

/** The op, through the smallest context that does. */
function convolution(engine: Engine, queue: Kernels['queue'], shape: ConvShape): Halves {
  const { batch, height, width, channels, out, kernel } = shape;
  const x = filled(engine, batch * height * width, channels);
  const weight = filled(engine, out, channels, kernel, kernel);
  const bias = filled(engine, out);
  const [y, dy] = [filled(engine, outRows(shape), out), filled(engine, outRows(shape), out)];
  const gradients: Record<string, Tensor> = { in: engine.empty(x.shape), weight: engine.empty(weight.shape), bias: engine.empty([out]) };
  const borrowed: Tensor[] = [];
  const borrow = (t: Tensor): Tensor => {
    borrowed.push(t);
    return t;
  };
  const context = {
    engine,
    queue,
    samples: batch,
    scratch: (dims: number[]) => borrow(engine.empty(dims)),
    once(_: string, dims: number[], make: (t: Tensor) => void) {
      const t = borrow(engine.empty(dims));
      make(t);
      return t;
    },
    out: () => y,
    into: (slot: string) => ({ tensor: gradients[slot], add: 0 }),
  } as unknown as Context;
  const ended = (run: (() => void) | undefined) => () => {
    run?.();
    for (const t of borrowed.splice(0)) t.dispose();
  };
  return {
    forward: ended(() => conv2d.fused?.forward(context, { in: x, weight, bias }, shape)),
    backward: ended(() => conv2d.fused?.backward(context, { in: x, weight }, { out: dy }, shape)),
  };
}

/** y [m, n] = a [m, k] w^T; dx [pixels, channels] = b [pixels, l] w, where a pixel is met by l / n places of windows; dw = y^T a. */
function products(engine: Engine, queue: Kernels['queue'], shape: ConvShape): Halves {
  const { batch, height, width, channels, out, kernel, stride } = shape;
  const [m, k, pixels, l] = [outRows(shape), channels * kernel ** 2, batch * height * width, Math.ceil((out * kernel ** 2) / stride ** 2)];
  const [a, b, y, dx] = [filled(engine, m, k), filled(engine, pixels, l), filled(engine, m, out), engine.empty([pixels, channels])];
  const [w, dw] = [filled(engine, out, k), engine.empty([out, k])];
  const panels = engine.empty([Math.max(panelFloats(k, out), panelFloats(l, channels))]);
  return {
    forward() {
      queue('panels', [w, k, 1, k, out, panels]);
      queue('linear', [a, k, panels, y, out, m, out, k, null, 0]);
    },
    backward() {
      queue('linear_weight_gradient', [a, k, y, out, m, k, out, dw, null, 0], weightGradientScratch);
      queue('panels', [w, channels, 0, l, channels, panels]);
      queue('linear', [b, l, panels, dx, channels, pixels, channels, l, null, 0]);
    },
  };
}

function filled(engine: Engine, ...shape: number[]): Tensor {
  return engine.from(new Float32Array(shape.reduce((a, b) => a * b)).fill(0.01), shape);
}

async function main({ shape, threads, form }: Config): Promise<void> {
  const engine = await start({ backend: form as 'native', threads, quiet: true });
  const { kernels } = engine;
  if (!kernels) throw new Error(`${form} has no kernels`);
  const queue: Kernels['queue'] = (...command) => kernels.queue(...command);
  const both = [convolution(engine, queue, shape), products(engine, queue, shape)] as const;

  const step = (): object => {
    const [conv, product] = both.map(({ forward, backward }) => ({ forward: timed(kernels, forward), backward: timed(kernels, backward) }));
    return { conv, product };
  };
  for (let i = 0; i < 2; i++) step();
  process.stdout.write(`${JSON.stringify({ ready: true, isa: engine.isa })}\n`);
  for await (const _ of createInterface({ input: process.stdin })) process.stdout.write(`${JSON.stringify(step())}\n`);
  process.exit();
}

if (require.main === module) void main(JSON.parse(process.argv[2] as string) as Config);
