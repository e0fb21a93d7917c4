import type { Tensor } from '@tensorflow/tfjs-core';

/** A tensor with a count of those who still need it; the last release disposes of it. */
export class Handle {
  private owners = 1;

  constructor(
    readonly tensor: Tensor,
    private readonly pool: Set<Handle>,
    private readonly writable: boolean,
  ) {
    pool.add(this);
  }

  /** One more owner. */
  retain(): this {
    this.owners++;
    return this;
  }

  /** Nobody else needs the content: the storage may be used for something else. */
  get sole(): boolean {
    return this.writable && this.owners === 1;
  }

  release(): void {
    if (--this.owners > 0) return;
    this.pool.delete(this);
    this.tensor.dispose();
  }

  /** Gives the tensor away: whoever takes it disposes of it. */
  take(): Tensor {
    this.owners = 0;
    this.pool.delete(this);
    return this.tensor;
  }

  /** Whatever the count, dispose: used when a pass ends early. */
  drop(): void {
    this.owners = 0;
    this.pool.delete(this);
    if (!this.tensor.isDisposed) this.tensor.dispose();
  }
}

/** All handles of a pass, so that nothing is left when it ends, also when something threw. */
export class Handles {
  private readonly live = new Set<Handle>();

  own(tensor: Tensor): Handle {
    return new Handle(tensor, this.live, true);
  }

  /** A view of what others will still read. */
  view(tensor: Tensor): Handle {
    return new Handle(tensor, this.live, false);
  }

  get size(): number {
    return this.live.size;
  }

  dispose(): void {
    for (const handle of [...this.live]) handle.drop();
  }
}
