import { dispose } from '@tensorflow/tfjs-core';
import { dryEngine } from '../engine/dry';
import type { Engine } from '../engine/engine';
import type { Ledger, Totals } from '../engine/ledger';
import type { Graph } from '../tape/graph';
import { withoutBuffers } from '../tape/plan';
import type { Policy } from '../tape/policy';
import { createTape } from '../tape/tape';
import type { Samples } from '../train/feeds';
import type { Optimizer } from '../train/optimizer';
import { type Training, trainingStep } from '../train/training-step';
import { addMoments, type Moments } from '../train/update';

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
  /** Looks on at the step that is measured. */
  readonly watch?: StepWatch;
}

/** Told before the step begins, and where it stands: `forward blocks.3`, `update`. */
export interface StepWatch {
  begin(engine: Engine): void;
  phase(name: string): void;
}

/** The bytes of a training step; of every one after the first. */
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
export function planStep({ threads, watch, ...options }: StepPlanOptions): StepPlan {
  const engine = dryEngine(threads === undefined ? {} : { threads });
  try {
    const training = setUp(engine, options);
    try {
      return measure(engine, training, emptySamples(options.graph, options.batch), watch);
    } finally {
      dispose([...training.params.values(), ...training.moments.values(), ...training.ranges.values()]);
    }
  } finally {
    engine.remove();
  }
}

function setUp(engine: Engine, { graph, policy, optimizer, accumulate = 1, slice, trainable = () => true }: StepPlanOptions): Training {
  const tape = createTape({ engine, graph, policy, trainable, ...(slice === undefined ? {} : { slice }) }); // first: it may refuse the policy
  const specs = [...graph.params.values()];
  const params = new Map(specs.map(({ name, shape }) => [name, engine.empty(shape, 'float32', { category: 'weights', name })]));
  const moments: Moments = new Map();
  addMoments(engine, optimizer, params, [...params.keys()].filter(withoutBuffers(graph, trainable)), moments);
  return { engine, graph, tape, params, moments, ranges: new Map(), optimizer, accumulate, seed: 0, step: 0, lr: 0, clip: null };
}

/** On dry the content of a batch is never looked at. */
function emptySamples(graph: Graph, count: number): Samples {
  const feeds = Object.keys(graph.feeds).map((name) => [name, new Float32Array(0)]);
  return { count, images: new Float32Array(0), ...Object.fromEntries(feeds) };
}

function measure(engine: Engine, training: Training, samples: Samples, watch?: StepWatch): StepPlan {
  trainingStep(training, samples); // the first one has no running ranges yet
  const { savedBytes, peakBytes } = trainingStep(training, samples);
  let owners: StepPlan['owners'] = [];
  const stop = engine.ledger.listen(() => {
    if (owners.length === 0 && engine.ledger.liveBytes === peakBytes) owners = engine.ledger.owners();
  });
  watch?.begin(engine);
  trainingStep(watch ? watched(training, watch) : training, samples);
  stop();
  return { savedBytes, peakBytes, totals: engine.ledger.peakTotals(), owners };
}

function watched(training: Training, { phase }: StepWatch): Training {
  const update = (): object => {
    phase('update');
    return {};
  };
  return { ...training, observe: () => ({ phase }), watch: { gradients: () => {}, update } };
}
