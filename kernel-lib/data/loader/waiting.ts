/** How long somebody waits for batches, of all the time since the first one came. */
export class Waiting {
  private first: number | undefined;
  private last = 0;
  private ms = 0;

  async during<T>(wait: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await wait();
    this.last = performance.now();
    if (this.first === undefined) this.first = this.last;
    else this.ms += this.last - began;
    return result;
  }

  /** From 0 to 1. */
  share(): number {
    const time = this.last - (this.first ?? 0);
    return time > 0 ? this.ms / time : 0;
  }
}
