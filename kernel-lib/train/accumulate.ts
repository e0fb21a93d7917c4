import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { MesaError } from '../errors';
import type { Params, Pass, Ranges, Tape } from '../tape/api';
import type { Graph } from '../tape/graph';
import type { Observer } from '../tape/observer';
import { drain, type Stepwise } from '../tape/stepwise';
import { feedTensors, type Samples } from './feeds';
import { microBatches, type Part } from './micro-batches';

/** Everything a forward and backward reads and does not change. */
export interface Setting {
  readonly engine: Engine;
  readonly graph: Graph;
  readonly tape: Tape;
  readonly params: Params;
  readonly ranges: Ranges;
  readonly seed: number;
  readonly step: number;
  /** Micro-batches. */
  readonly accumulate: number;
  /** Who looks on at the pass of a micro-batch. */
  readonly observe?: (part: Part) => Observer;
}

/** What forward and backward over a batch give; whoever takes it disposes of the tensors. */
export interface Accumulated {
  /** Mean over the samples. */
  readonly loss: number;
  readonly gradients: Map<string, Tensor>;
  /** Running ranges that the passes would commit. */
  readonly ranges: Ranges;
  /** Next values of the model's buffers, likewise. */
  readonly buffers: Map<string, Tensor>;
  /** Of the largest micro-batch. */
  readonly savedBytes: number;
  readonly saturated: number;
  readonly nonFinite: number;
}

/** The gradient of the mean loss of a batch, summed over its micro-batches in order; leaves nothing behind when it throws. */
export function accumulate(setting: Setting, samples: Samples): Accumulated {
  return drain(walkAccumulate(setting, samples));
}

/** `accumulate` that pauses after every event; left early, it leaves nothing behind either. */
export function* walkAccumulate(setting: Setting, samples: Samples): Stepwise<Accumulated> {
  const gradients = new Map<string, Tensor>();
  const ranges: Ranges = new Map();
  const buffers = new Map<string, Tensor>();
  const sums = { loss: 0, savedBytes: 0, saturated: 0, nonFinite: 0 };
  let done = false;
  try {
    for (const [micro, part] of microBatches(samples.count, setting.accumulate).entries()) {
      const pass = yield* onePass(setting, samples, part, micro, { gradients, ranges, buffers });
      sums.loss += pass.loss / samples.count;
      sums.savedBytes = Math.max(sums.savedBytes, pass.savedBytes);
      sums.saturated += pass.saturated;
      sums.nonFinite += pass.nonFinite;
    }
    done = true;
    return { ...sums, gradients, ranges, buffers };
  } finally {
    if (!done) disposeOf({ gradients, ranges, buffers });
  }
}

/** Releases what nobody commits. */
export function disposeOf(made: Partial<Pick<Accumulated, 'gradients' | 'ranges' | 'buffers'>>): void {
  for (const tensors of [made.gradients, made.ranges, made.buffers]) if (tensors) dispose([...tensors.values()]);
}

/** Forward and backward of one micro-batch: adds to `gradients`, and replaces in `ranges` and `buffers` what earlier ones left there. */
function* onePass(
  setting: Setting,
  samples: Samples,
  part: Part,
  micro: number,
  { gradients, ranges, buffers }: Pick<Accumulated, 'gradients' | 'ranges' | 'buffers'>,
): Stepwise<Sums> {
  const { engine, graph, tape, params, seed, step } = setting;
  const feeds = feedTensors(engine, graph, samples, part.first, part.count);
  let pass: Pass | undefined;
  try {
    const observer = setting.observe?.(part);
    const known = new Map([...setting.ranges, ...ranges]);
    const call = { samples: part.count, seed, step, micro, training: true, ranges: known };
    pass = yield* tape.walk(buffers.size > 0 ? new Map([...params, ...buffers]) : params, feeds, call, observer);
    observer?.phase?.('loss');
    const sums = { loss: sumOfLosses(engine, pass, part), savedBytes: pass.savedBytes, ...counted(engine, pass) };
    const superseded = [...replace(ranges, pass.takeRanges()), ...replace(buffers, pass.takeBuffers())];
    try {
      yield* pass.walkBackward(1 / samples.count, gradients);
    } finally {
      dispose(superseded);
    }
    return sums;
  } finally {
    pass?.dispose();
    dispose(feeds);
  }
}

/** Puts new tensors in the place of old ones, which it returns. */
function replace(held: Map<string, Tensor>, taken: ReadonlyMap<string, Tensor>): Tensor[] {
  const old = [...taken.keys()].flatMap((name) => held.get(name) ?? []);
  for (const [name, t] of taken) held.set(name, t);
  return old;
}

interface Sums {
  readonly loss: number;
  readonly savedBytes: number;
  readonly saturated: number;
  readonly nonFinite: number;
}

function sumOfLosses(engine: Engine, pass: Pass, { first }: Part): number {
  if (engine.form === 'dry') return 0; // nothing was computed
  let sum = 0;
  pass.losses().forEach((loss, i) => {
    if (!Number.isFinite(loss)) {
      throw new MesaError('loss-not-finite', {
        says: `the loss of sample ${first + i} is ${loss}; weights and optimizer are as before this step`,
        try: 'a lower learning rate, a longer warm-up, or clip: 1',
      });
    }
    sum += loss;
  });
  return sum;
}

function counted(engine: Engine, pass: Pass): { readonly saturated: number; readonly nonFinite: number } {
  const total = { saturated: 0, nonFinite: 0 };
  if (engine.form === 'dry') return total;
  for (const { saturated, nonFinite } of pass.counters()) {
    total.saturated += saturated;
    total.nonFinite += nonFinite;
  }
  return total;
}
