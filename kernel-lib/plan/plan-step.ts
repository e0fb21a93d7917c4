import type { Tensor } from '@tensorflow/tfjs-core';
import { dryEngine } from '../engine/dry';
import type { Engine } from '../engine/engine';
import type { Ledger, Totals } from '../engine/ledger';
import type { Graph } from '../tape/graph';
import type { Policy } from '../tape/policy';
import { createTape } from '../tape/tape';
import type { Optimizer } from '../train/optimizer';
import { type Training, trainingStep } from '../train/training-step';
import { addMoments } from '../train/update';

export interface StepPlanOptions {
  readonly graph: Graph;
  readonly policy: Policy;
  /** Samples in a batch. */
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly accumulate?: number;
  readonly slice?: number;
  /** Threads have scratch memory. */
  readonly threads?: number;
  readonly trainable?: (param: string) => boolean;
}

/** The bytes of a training step, of every step after the first. */
export interface StepPlan {
  readonly savedBytes: number;
  readonly peakBytes: number;
  /** By category, at the peak. */
  readonly totals: Totals;
  /** Who holds what at the peak, largest first. */
  readonly owners: ReturnType<Ledger['owners']>;
}

/**
 * The bytes that a training step will take: the real step, run on an engine without memory or arithmetic.
 *
 * @example
 * planStep({ graph: vit(), policy: policies.plus(), batch: 16, optimizer: adamw({ lr: 1e-3 }) }).peakBytes;
 */
export function planStep(options: StepPlanOptions): StepPlan {
  const { graph, policy, batch, optimizer, accumulate = 1, slice, threads, trainable = () => true } = options;
  const engine = dryEngine(threads === undefined ? {} : { threads });
  const params = emptyParams(engine, graph);
  const training: Training = {
    engine,
    graph,
    params,
    optimizer,
    accumulate,
    tape: createTape({ engine, graph, policy, trainable, ...(slice === undefined ? {} : { slice }) }),
    moments: new Map(),
    ranges: new Map(),
    seed: 0,
    step: 0,
    lr: 0,
    clip: null,
  };
  addMoments(engine, optimizer, params, [...params.keys()].filter(trainable), training.moments);
  const samples = { count: batch, images: new Float32Array(0), labels: new Int32Array(0), targets: new Float32Array(0) };
  trainingStep(training, samples); // the first one has no running ranges yet
  const { savedBytes, peakBytes } = trainingStep(training, samples);
  let owners: StepPlan['owners'] = [];
  const stop = engine.ledger.listen(() => {
    if (owners.length === 0 && engine.ledger.liveBytes === peakBytes) owners = engine.ledger.owners();
  });
  trainingStep(training, samples);
  stop();
  return { savedBytes, peakBytes, totals: engine.ledger.peakTotals(), owners };
}

function emptyParams(engine: Engine, graph: Graph): Map<string, Tensor> {
  return new Map(
    [...graph.params.values()].map(({ name, shape }) => [name, engine.empty(shape, 'float32', { category: 'weights', name })]),
  );
}
