import { constant, cosine, poly, type Schedule } from '../train/schedule';
import type { Length, Recipe } from './recipe';

/** A length in steps. */
export function stepsIn(length: Length, stepsPerEpoch: number): number {
  return 'steps' in length ? length.steps : Math.round(length.epochs * stepsPerEpoch);
}

/** The learning rate of each step of a recipe. */
export function scheduleOf({ schedule, optimizer: { lr }, length }: Recipe, stepsPerEpoch: number): Schedule {
  if (schedule.kind === 'constant') return constant(lr);
  const { kind, warmup, ...rates } = schedule;
  const steps = stepsIn(length, stepsPerEpoch);
  const options = { lr, steps, ...(warmup && { warmup: stepsIn(warmup, stepsPerEpoch) }), ...rates };
  return kind === 'cosine' ? cosine(options) : poly(options);
}
