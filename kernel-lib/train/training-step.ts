import { dispose } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Ranges } from '../tape/api';
import { type Accumulated, accumulate, type Setting } from './accumulate';
import type { Samples } from './feeds';
import { gradientNorm } from './gradient-norm';
import type { Optimizer } from './optimizer';
import { applyUpdate, type Moments } from './update';

/** Everything a training step reads and changes. */
export interface Training extends Setting {
  readonly moments: Moments;
  readonly optimizer: Optimizer;
  readonly lr: number;
  /** Largest norm of the whole gradient; longer ones are scaled down to it. */
  readonly clip: number | null;
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
  const { engine, optimizer, params, moments } = training;
  engine.ledger.resetPeak();
  const { gradients, ranges, loss, savedBytes, saturated, nonFinite } = accumulate(training, samples);
  let gradNorm: number;
  try {
    gradNorm = checkedNorm(training, gradients);
    const scale = training.clip === null ? 1 : Math.min(1, training.clip / (gradNorm + 1e-6)); // as torch.nn.utils.clip_grad_norm_
    applyUpdate(engine, optimizer, params, moments, gradients, { update: training.step + 1, lr: training.lr, scale });
  } catch (e) {
    dispose([...gradients.values(), ...ranges.values()]);
    throw e;
  }
  commit(training.ranges, ranges);
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

function commit(ranges: Ranges, taken: Ranges): void {
  for (const [name, range] of taken) {
    ranges.get(name)?.dispose();
    ranges.set(name, range);
  }
}
