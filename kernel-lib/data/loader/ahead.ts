import type { Position } from '../position';
import type { FilledSlot, Team } from './team';

/** A batch under way. */
export interface Job {
  readonly position: Position;
  readonly slot: number;
  readonly filled: Promise<FilledSlot>;
}

/** Which batches are made. */
export interface Course {
  /** Sets a batch under way. */
  readonly make: (position: Position, slot: number) => Promise<FilledSlot>;
  readonly after: (position: Position) => Position;
}

/** The batches that are made ahead, in order, as many as there are free slots. */
export class Ahead {
  private readonly free: number[];
  private queue: Job[] = [];
  private readonly abandoned = new Set<Promise<void>>();

  constructor(
    private readonly team: Team,
    private readonly course: Course,
  ) {
    this.free = [...team.slots.keys()];
  }

  /** The batch at a position, which is where the queue starts. With all slots in the hands of workers it waits for one. */
  async first(position: Position): Promise<Job> {
    for (this.fill(position); this.queue.length === 0; this.fill(position)) await this.team.during(Promise.race(this.abandoned));
    return this.queue[0] as Job;
  }

  /** Takes the first batch out; false when it is not the first any more, because all were abandoned while somebody waited for it. */
  take(job: Job): boolean {
    if (this.queue[0] !== job) return false;
    this.queue.shift();
    return true;
  }

  /** Nobody looks at a slot any more. */
  release(slot: number): void {
    this.free.push(slot);
  }

  /** Gives up what is under way; its slots are free again when the workers have noticed. */
  abandon(): void {
    for (const { slot, filled } of this.queue) {
      this.team.cancel(slot);
      const freed = filled
        .catch(() => {})
        .then(() => {
          this.release(slot);
          this.abandoned.delete(freed);
        });
      this.abandoned.add(freed);
    }
    this.queue = [];
  }

  private fill(position: Position): void {
    for (let slot = this.free.pop(); slot !== undefined; slot = this.free.pop()) {
      const last = this.queue.at(-1);
      const next = last ? this.course.after(last.position) : position;
      const filled = this.course.make(next, slot);
      filled.catch(() => {}); // met when the batch is taken
      this.queue.push({ position: next, slot, filled });
    }
  }
}
