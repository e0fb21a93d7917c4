import type { Engine } from '../../engine/engine';
import { createModel, type Model } from '../../models/model';
import { deitTiny } from '../../models/vit';
import { recordTimeline, type Timeline } from '../../show/timeline';
import { policies } from '../../tape/policies';
import { adamw } from '../../train/adamw';
import { Trainer } from '../../train/trainer';
import type { DeitInput } from './deit-input';

/** One training step of DeiT-Ti under one policy. */
export interface DeitRow {
  readonly policy: string;
  readonly microBatch: number;
  readonly savedBytes: number;
  /** Largest sum of saves, gradients and transients. */
  readonly activationPeakBytes: number;
  readonly ms: number;
  /** Of the gradient with that of `exact`, over all parameters. */
  readonly cosine: number;
  /** |g - g exact| / |g exact| */
  readonly relativeError: number;
}

export interface DeitSteps {
  readonly rows: readonly DeitRow[];
  readonly timelines: ReadonlyMap<string, Timeline>;
}

type PolicyName = keyof typeof policies;
type Gradients = ReadonlyMap<string, Float32Array>;

const BATCH = 16;
/** Every policy, and its rival: the reference with gradients accumulated over micro-batches. */
const RUNS: readonly (readonly [PolicyName, number])[] = [
  ...(Object.keys(policies) as PolicyName[]).map((name) => [name, BATCH] as const),
  ['exact', 4],
  ['exact', 1],
];

/** A step under every policy from the same weights; `tell` hears what is being done. */
export async function deitSteps(
  engine: Engine,
  input: DeitInput,
  tell: (done: number, of: number, what: string) => void,
): Promise<DeitSteps> {
  const model = createModel(deitTiny(), { engine, seed: 1 });
  try {
    if (input.weights) model.load(input.weights);
    const rows: DeitRow[] = [];
    const timelines = new Map<string, Timeline>();
    let exact: Gradients | undefined;
    for (const [i, [name, microBatch]] of RUNS.entries()) {
      tell(i, RUNS.length, label(name, microBatch));
      const { gradients, timeline, ...measured } = await measure(model, input, name, microBatch);
      exact ??= gradients;
      rows.push({ policy: name, microBatch, ...measured, ...compare(gradients, exact) });
      if (microBatch === BATCH) timelines.set(name, timeline);
    }
    return { rows, timelines };
  } finally {
    model.dispose();
  }
}

/** `exact, micro-batch 4`; a batch in one piece is not worth a word. */
export function label(policy: string, microBatch: number): string {
  return microBatch === BATCH ? policy : `${policy}, micro-batch ${microBatch}`;
}

/** Bytes and time of the second step, and the gradient before the first; a rate of 0 leaves the weights to the next policy as they were. */
async function measure(model: Model, { samples }: DeitInput, name: PolicyName, microBatch: number): Promise<Measured> {
  const trainer = new Trainer({
    model,
    policy: policies[name](),
    batches: { next: () => samples },
    optimizer: adamw({ lr: 0, weightDecay: 0 }),
    accumulate: BATCH / microBatch,
  });
  try {
    const gradients = await trainer.gradients(samples);
    const { ms: first } = await trainer.step();
    const { result, timeline } = await recordTimeline(model.engine.ledger, () => trainer.step());
    const { savedBytes, ms } = result;
    return { gradients, timeline, savedBytes, activationPeakBytes: timeline.activationPeakBytes, ms: Math.min(first, ms) };
  } finally {
    trainer.dispose();
  }
}

interface Measured {
  readonly gradients: Gradients;
  readonly timeline: Timeline;
  readonly savedBytes: number;
  readonly activationPeakBytes: number;
  readonly ms: number;
}

/** Sums in float64 over all parameters. */
export function compare(gradients: Gradients, exact: Gradients): { readonly cosine: number; readonly relativeError: number } {
  let [dot, own, reference, error] = [0, 0, 0, 0];
  for (const [name, e] of exact) {
    const g = gradients.get(name) as Float32Array;
    for (let i = 0; i < e.length; i++) {
      const [a, b] = [g[i] as number, e[i] as number];
      dot += a * b;
      own += a * a;
      reference += b * b;
      error += (a - b) ** 2;
    }
  }
  return { cosine: dot / Math.sqrt(own * reference), relativeError: Math.sqrt(error / reference) };
}
