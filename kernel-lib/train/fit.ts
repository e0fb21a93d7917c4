import { MesaError } from '../errors';
import { interruptible } from './interruptible';
import type { StepReport } from './step-report';

export interface FitOptions {
  /** How long: steps, or passes over the data. */
  readonly steps?: number;
  readonly epochs?: number;
  /** Called after every step; awaited, so it may evaluate. */
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  /** Stops cleanly before the next step. */
  readonly signal?: AbortSignal;
}

export interface FitReport {
  /** Steps done by this call. */
  readonly steps: number;
  /** Of the last of them; NaN when there was none. */
  readonly loss: number;
  readonly seconds: number;
  /** Whether the signal or an Interrupt ended it. */
  readonly stopped: boolean;
}

/** Steps one after another; between two of them the event loop gets its turn, so signals, timers and displays work. */
export async function stepRepeatedly(step: () => Promise<StepReport>, total: number, { onStep, signal }: FitOptions): Promise<FitReport> {
  const began = performance.now();
  let steps = 0;
  let loss = Number.NaN;
  await interruptible(async (interrupted) => {
    while (steps < total && !signal?.aborted && !interrupted.aborted) {
      const report = await step();
      loss = report.loss;
      steps++;
      await onStep?.(report);
      await new Promise(setImmediate);
    }
  });
  return { steps, loss, seconds: (performance.now() - began) / 1000, stopped: steps < total };
}

/** The number of steps that options ask for. */
export function stepsOf({ steps, epochs }: FitOptions, batchesPerEpoch: number | undefined): number {
  if ((steps === undefined) === (epochs === undefined))
    throw new MesaError('fit-options', { says: 'needs either steps or epochs', try: 'fit({ steps: 200 })' });
  const total = steps ?? (epochs as number) * (batchesPerEpoch ?? Number.NaN);
  if (Number.isNaN(total))
    throw new MesaError('fit-options', { says: 'these batches do not say how many make an epoch', try: 'fit({ steps: 200 })' });
  if (!(Number.isInteger(total) && total >= 0))
    throw new MesaError('fit-options', { says: `cannot do ${total} steps`, try: 'a whole number' });
  return total;
}
