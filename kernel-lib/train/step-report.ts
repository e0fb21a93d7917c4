import type { Outcome } from './training-step';

/** What one step did. */
export interface StepReport extends Outcome {
  /** Number of the step, from 1. */
  readonly step: number;
  readonly lr: number;
  readonly ms: number;
  readonly samples: number;
}
