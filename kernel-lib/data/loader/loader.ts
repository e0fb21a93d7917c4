import { MesaError } from '../../errors';
import type { Pipeline, SegmentationEvaluationPipeline } from '../augment/index';
import { transformOf } from '../augment/transform-of';
import type { Batch, Batches } from '../batches';
import { epochOrder } from '../order';
import { checkPosition, following, type Position } from '../position';
import { Ahead, type Job } from './ahead';
import type { Setup } from './fill';
import { type AllLoaderOptions, type LoaderOptions, loaderOptions } from './options';
import { errorOf, type LoaderReport, Tally } from './report';
import { type Layout, type Slot, slotBuffer } from './slot';
import type { Item, Source } from './source';
import { type FilledSlot, Team } from './team';
import { Waiting } from './waiting';

/** Batches that are read, decoded and transformed while the step before them runs. */
export interface Loader extends Batches {
  /** What was left out, and why. */
  report(): LoaderReport;
  /** Share of the time since the first batch that was spent waiting for the next ones, 0 to 1. */
  waiting(): number;
  /** Ends the worker threads, which also happens when a loader becomes unreachable. */
  dispose(): void;
}

/**
 * Batches of a source, made ahead by worker threads. What comes, and in which order, depends on the options' seed alone.
 *
 * @example
 * const stream = loader(source, { size: 64, pipeline: { kind: 'evaluation', resize: 256, crop: 224 } });
 * const { images, labels } = await stream.next();
 */
export function loader(source: Source, options: LoaderOptions): Loader {
  return new BatchLoader(source, loaderOptions(options, source));
}

const unreachable = new FinalizationRegistry<Team>((team) => team.close());

class BatchLoader implements Loader {
  readonly size: number;
  readonly batchesPerEpoch: number;
  private position: Position = { epoch: 0, batch: 0 };
  private readonly orderOf: (epoch: number) => Uint32Array;
  private readonly team: Team;
  private readonly tally: Tally;
  private readonly waited = new Waiting();
  private readonly ahead: Ahead;
  private inUse: number | undefined;

  constructor(
    private readonly source: Source,
    private readonly options: AllLoaderOptions,
  ) {
    const { size, dropLast } = options;
    this.size = size;
    this.batchesPerEpoch = dropLast ? Math.floor(source.count / size) : Math.ceil(source.count / size);
    this.orderOf = epochOrder({ ...options, count: source.count });
    this.team = new Team(setupOf(source, options), options.workers);
    this.tally = new Tally(source.skipped);
    this.ahead = new Ahead(this.team, {
      make: (position, slot) => this.team.fill({ slot, ...position, first: 0, items: this.itemsOf(position) }),
      after: (position) => following(position, this.batchesPerEpoch),
    });
    unreachable.register(this, this.team, this);
  }

  async next(): Promise<Batch> {
    return this.waited.during(async () => {
      for (let empty = 0; empty < this.batchesPerEpoch; empty++) {
        const batch = await this.take();
        if (batch.count > 0) return batch;
      }
      throw new MesaError('data-empty', {
        says: `no sample of a whole epoch can be used: ${this.whyNone()}`,
        try: 'data.check on the folder',
      });
    });
  }

  state(): Position {
    return this.position;
  }

  restore(position: Position): void {
    checkPosition(position, this.batchesPerEpoch);
    const { epoch, batch } = this.position;
    if (epoch === position.epoch && batch === position.batch) return;
    this.position = position;
    this.ahead.abandon();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void> {
    const { epoch } = this.position;
    while (this.position.epoch === epoch) {
      const batch = await this.next();
      if (batch.epoch === epoch) yield batch;
      else this.restore({ epoch: epoch + 1, batch: 0 }); // the last batches of the epoch had no sample that can be used
    }
  }

  report(): LoaderReport {
    return this.tally.report();
  }

  waiting(): number {
    return this.waited.share();
  }

  dispose(): void {
    unreachable.unregister(this);
    this.ahead.abandon();
    this.team.close();
  }

  /** The batch at the position, which may be without samples. */
  private async take(): Promise<Batch> {
    if (this.inUse !== undefined) this.ahead.release(this.inUse);
    this.inUse = undefined;
    const job = await this.ahead.first(this.position);
    try {
      const filled = await this.team.during(job.filled);
      const [first] = filled.bad;
      if (first && this.options.onBad === 'stop') throw errorOf(first);
      if (!this.ahead.take(job)) return await this.take(); // somebody restored a position meanwhile
      this.tally.skip(filled.bad);
      this.tally.deliver(filled.count);
      this.inUse = job.slot;
      this.position = following(job.position, this.batchesPerEpoch);
      return this.batchOf(job, filled);
    } catch (e) {
      this.ahead.abandon(); // what comes next is read anew
      throw e;
    }
  }

  private itemsOf({ epoch, batch }: Position): Item[] {
    const samples = this.orderOf(epoch).subarray(batch * this.size, Math.min((batch + 1) * this.size, this.source.count));
    return Array.from(samples, (sample) => this.source.item(sample));
  }

  private batchOf({ position: { epoch }, slot }: Job, { count, height, width }: FilledSlot): Batch {
    const { images, labels, targets, indices } = this.team.slots[slot] as Slot;
    const pixels = height * width;
    return {
      count,
      images: images.subarray(0, count * 3 * pixels),
      labels: labels.subarray(0, this.source.masked ? count * pixels : count),
      ...(this.options.mixing && { targets: targets.subarray(0, count * this.options.mixing.classes) }),
      imageShape: [3, height, width],
      indices: indices.subarray(0, count),
      epoch,
    };
  }

  private whyNone(): string {
    const [first] = this.tally.report().skipped;
    return first ? `${first.path} ${first.says}` : 'it has none';
  }
}

/** The largest picture that a pipeline makes. */
function mostPixels(pipeline: Pipeline): number {
  const { size } = transformOf(pipeline);
  if (size) return size[0] * size[1];
  const { scale, multiple = 1 } = pipeline as SegmentationEvaluationPipeline; // the one kind whose size is the sample's
  const rounded = (side: number): number => multiple * Math.ceil(side / multiple);
  return rounded(scale[0]) * rounded(scale[1]);
}

function setupOf({ memory, codes, masked }: Source, { pipeline, mixing, seed, size, prefetch }: AllLoaderOptions): Setup {
  const layout: Layout = { size, pixels: mostPixels(pipeline), masked, classes: mixing?.classes ?? 0 };
  const slots = Array.from({ length: prefetch + 1 }, () => slotBuffer(layout));
  return { pipeline, mixing, seed, memory, codes, layout, slots };
}
