import { MesaError } from '../../errors';
import type { Setup, Task, Whole } from './fill';
import type { BadSample } from './report';
import { cancel, open, type Slot, slotOf } from './slot';
import { type Maker, startMakers } from './workers';

/** A batch in its slot, and the samples that are not in it. */
export type FilledSlot = Whole & { readonly bad: readonly BadSample[] };

/** The makers of a loader and the memory they share. Knows nothing of the loader, which can so become unreachable. */
export class Team {
  readonly slots: readonly Slot[];
  private makers: Promise<readonly Maker[]> | undefined;
  private turn = 0;
  private closed = false;

  constructor(
    private readonly setup: Setup,
    private readonly workers: number,
  ) {
    this.slots = setup.slots.map((buffer) => slotOf(buffer, setup.layout));
  }

  /** Fills a slot with a batch: every maker gets a part of it. Settles when nobody writes into the slot any more. */
  async fill(batch: Task): Promise<FilledSlot> {
    const makers = await this.start();
    open(this.slots[batch.slot] as Slot, batch.items.length);
    const tasks = divide(batch, makers.length);
    const turn = this.turn++; // so that a batch of one sample is not always made by the same
    const parts = await Promise.allSettled(tasks.map((task, i) => (makers[(i + turn) % makers.length] as Maker).make(task)));
    const filled = parts.map((part) => {
      if (part.status === 'rejected') throw part.reason;
      return part.value;
    });
    return { bad: filled.flatMap(({ bad }) => bad), ...(filled.find(({ whole }) => whole)?.whole as Whole) };
  }

  cancel(slot: number): void {
    cancel(this.slots[slot] as Slot);
  }

  /** Waits, and keeps the process alive meanwhile. */
  async during<T>(work: Promise<T>): Promise<T> {
    const makers = await this.start();
    for (const maker of makers) maker.hold();
    try {
      return await work;
    } finally {
      for (const maker of makers) maker.letGo();
    }
  }

  close(): void {
    this.closed = true;
    void this.makers?.then((makers) => {
      for (const maker of makers) maker.close();
    });
  }

  private async start(): Promise<readonly Maker[]> {
    if (this.closed) throw new MesaError('loader-ended', { says: 'this loader was disposed of', try: 'a new one' });
    this.makers ??= startMakers(this.setup, this.workers);
    return this.makers;
  }
}

/** Parts of a batch, whose sizes differ by one at most. */
function divide(batch: Task, most: number): Task[] {
  const { length } = batch.items;
  const parts = Math.min(most, length);
  const start = (part: number): number => Math.floor((part * length) / parts);
  return Array.from({ length: parts }, (_, i) => ({ ...batch, first: start(i), items: batch.items.slice(start(i), start(i + 1)) }));
}
