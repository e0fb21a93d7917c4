import type { Totals } from '../engine/ledger';
import type { Evaluation } from '../train/evaluate';
import type { StepReport } from '../train/step-report';

/** What is known before the first step. */
export interface PlanEvent {
  readonly kind: 'plan';
  readonly model: string;
  readonly params: number;
  readonly policy: string;
  readonly images: { readonly train: number; readonly evaluation: number };
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly batch: number;
  readonly microBatch: number;
  /** Of a step, planned. */
  readonly savedBytes: number;
  readonly peakBytes: number;
  readonly totals: Totals;
  /** Of a step, estimated from its operations and a product that was timed. */
  readonly stepFlops: number;
  readonly stepMs: number;
}

/** A step was done. */
export interface StepEvent extends StepReport {
  readonly kind: 'step';
  readonly of: number;
  readonly epoch: number;
  readonly imagesPerSecond: number;
  /** To the end of training, by the steps so far. */
  readonly remainingMs: number;
}

/** The model was evaluated. */
export interface EvaluationEvent extends Omit<Evaluation, 'confusion'> {
  readonly kind: 'evaluation';
  readonly step: number;
  readonly ms: number;
  /** The best so far, by accuracy or mean intersection over union. */
  readonly best: boolean;
}

/** The run is over. */
export interface EndEvent {
  readonly kind: 'end';
  readonly steps: number;
  readonly stopped: boolean;
  readonly seconds: number;
  readonly loss: number;
  readonly imagesPerSecond: number;
  readonly peakBytes: number;
  /** Share of the time that was spent waiting for data, 0 to 1. */
  readonly waiting: number;
  /** Images that were left out. */
  readonly skipped: number;
  readonly last?: Scores;
  readonly best?: Scores & { readonly step: number };
}

export type Scores = Omit<Evaluation, 'confusion'>;
export type RunEvent = PlanEvent | StepEvent | EvaluationEvent | EndEvent;
