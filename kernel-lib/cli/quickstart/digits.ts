import { type Dataset, dataset, type Split } from '../../data/data';
import type { Engine } from '../../engine/engine';
import { createModel } from '../../models/model';
import { vit } from '../../models/vit';
import type { Progress } from '../../show/progress';
import type { Policy } from '../../tape/policy';
import { adamw } from '../../train/adamw';
import { cosine } from '../../train/schedule';
import { Trainer } from '../../train/trainer';

/** The model and how it is trained; the same for every policy. */
export interface DigitsPlan {
  readonly patchSize: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly batch: number;
  readonly epochs: number;
  readonly lr: number;
  /** Standard deviation of the weights at the start. */
  readonly initStd: number;
  /** Training images used; all 60,000 unless the engine is too slow. */
  readonly images: number;
  readonly testImages: number;
}

/** What training under one policy gave. */
export interface DigitsRun {
  readonly policy: string;
  readonly accuracy: number;
  readonly testLoss: number;
  /** Of every training step. */
  readonly losses: readonly number[];
  readonly steps: number;
  readonly seconds: number;
  readonly savedBytes: number;
  readonly peakBytes: number;
}

const SEED = 1;

export const stepsOf = ({ images, batch, epochs }: DigitsPlan): number => Math.floor(images / batch) * epochs;

/** Trains a vision Transformer on MNIST from the same start under a policy, then tests it once. */
export async function trainDigits(engine: Engine, mnist: Split, policy: Policy, plan: DigitsPlan, bar: Progress): Promise<DigitsRun> {
  const { patchSize, width, depth, heads, batch, lr, initStd } = plan;
  const steps = stepsOf(plan);
  const graph = vit({ imageSize: 28, patchSize, channels: 1, classes: 10, width, depth, heads, initStd });
  const model = createModel(graph, { engine, seed: SEED });
  const trainer = new Trainer({
    model,
    policy,
    batches: first(mnist.train, plan.images).batches({ size: batch, seed: SEED, dropLast: true }),
    optimizer: adamw({ lr, weightDecay: 0.05 }),
    schedule: cosine({ lr, steps, warmup: Math.round(steps / 10) }),
    clip: 1,
    seed: SEED,
  });
  try {
    const losses: number[] = [];
    const most = { savedBytes: 0, peakBytes: 0 };
    const began = performance.now();
    for (let i = 1; i <= steps; i++) {
      const { loss, savedBytes, peakBytes } = await trainer.step();
      losses.push(loss);
      most.savedBytes = Math.max(most.savedBytes, savedBytes);
      most.peakBytes = Math.max(most.peakBytes, peakBytes);
      bar.update(i, `loss ${loss.toFixed(3)}`);
    }
    const seconds = (performance.now() - began) / 1000;
    const { accuracy, loss } = await trainer.evaluate(first(mnist.test, plan.testImages).batches({ size: 500, shuffle: false }));
    return { policy: policy.name, accuracy, testLoss: loss, losses, steps, seconds, ...most };
  } finally {
    trainer.dispose();
    model.dispose();
  }
}

function first(data: Dataset, count: number): Dataset {
  if (count >= data.count) return data;
  const { images, labels, channels, height, width } = data;
  return dataset({ ...data, count, images: images.subarray(0, count * channels * height * width), labels: labels.subarray(0, count) });
}
