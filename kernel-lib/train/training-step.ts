import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine/engine';
import { MesaError } from '../errors';
import type { Params, Ranges } from '../tape/api';
import { drain, type Stepwise } from '../tape/stepwise';
import { type Accumulated, disposeOf, type Setting, walkAccumulate } from './accumulate';
import type { Samples } from './feeds';
import { gradientNorm } from './gradient-norm';
import type { Optimizer } from './optimizer';
import { applyUpdate, type Moments, type UpdateWatch } from './update';

/** Everything a training step reads and changes. */
export interface Training extends Setting {
  readonly moments: Moments;
  readonly optimizer: Optimizer;
  readonly lr: number;
  /** Largest norm of the whole gradient; longer ones are scaled down to it. */
  readonly clip: number | null;
  readonly watch?: GradientWatch;
}

/** Who looks on between backward and the end of the update. */
export interface GradientWatch {
  /** The gradient is complete; to throw here stops the step. */
  gradients(gradients: ReadonlyMap<string, Tensor>): void;
  /** Asked before the update of these parameters begins; what it returns must not throw. */
  update(parameters: Iterable<string>): UpdateWatch;
}

/** What a step reports, beside its time. */
export interface Outcome {
  readonly loss: number;
  readonly gradNorm: number;
  readonly savedBytes: number;
  readonly peakBytes: number;
  readonly saturated: number;
  readonly nonFinite: number;
}

/** One optimizer update: forward and backward over the micro-batches, then the update. When it throws, everything is as before. */
export function trainingStep(training: Training, samples: Samples): Outcome {
  return drain(walkTrainingStep(training, samples));
}

/** `trainingStep` that pauses after every event; left before the update, it has changed nothing. */
export function* walkTrainingStep(training: Training, samples: Samples): Stepwise<Outcome> {
  const { engine, optimizer, params, moments, watch } = training;
  engine.ledger.resetPeak();
  const { gradients, ranges, buffers, loss, savedBytes, saturated, nonFinite } = yield* walkAccumulate(training, samples);
  let gradNorm = Number.NaN;
  let updated = false;
  try {
    watch?.gradients(gradients);
    yield;
    gradNorm = checkedNorm(training, gradients);
    const scale = training.clip === null ? 1 : Math.min(1, training.clip / (gradNorm + 1e-6)); // as torch.nn.utils.clip_grad_norm_
    const context = { update: training.step + 1, lr: training.lr, scale };
    applyUpdate(engine, optimizer, params, moments, gradients, context, watch?.update(gradients.keys()));
    updated = true;
  } finally {
    if (!updated) disposeOf({ gradients, ranges, buffers });
  }
  commit(training.ranges, ranges);
  moveBuffers(engine, params, buffers);
  engine.kernels?.flush();
  return { loss, gradNorm, savedBytes, peakBytes: engine.ledger.peakBytes, saturated, nonFinite };
}

function checkedNorm({ engine }: Training, gradients: Accumulated['gradients']): number {
  const norm = gradientNorm(engine, gradients);
  if (Number.isFinite(norm)) return norm;
  throw new MesaError('gradient-not-finite', {
    says: `the norm of the gradient is ${norm}; weights and optimizer are as before this step`,
    try: 'a lower learning rate, or trainer.gradients(batch) to see which parameter it is',
  });
}

/** Buffers keep their tensors: others hold them too. */
function moveBuffers(engine: Engine, params: Params, next: ReadonlyMap<string, Tensor>): void {
  for (const [name, value] of next) {
    const buffer = params.get(name) as Tensor;
    if (engine.kernels) engine.kernels.queue('copy', [value, buffer, buffer.size * 4]);
    else engine.write(buffer, engine.read(value));
    value.dispose();
  }
}

function commit(ranges: Ranges, taken: Ranges): void {
  for (const [name, range] of taken) {
    ranges.get(name)?.dispose();
    ranges.set(name, range);
  }
}
