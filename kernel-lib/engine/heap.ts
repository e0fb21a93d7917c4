import { MesaError } from '../errors';

/** Blocks start at and measure multiples of this: a cache line, and the widest vector. */
export const blockUnit: number = 64;

/** Bytes at the end of a chunk that no block gets: kernels may read (never write) a little past the end of a block. */
const slackBytes = 4 << 20;

/** A piece of address space. `buffer` is `null` on the dry engine, which has addresses but no memory. */
export interface Chunk {
  readonly address: number;
  readonly bytes: number;
  readonly buffer: ArrayBufferLike | null;
  /** Address of the first byte of the buffer. */
  readonly bufferAddress: number;
}

/** Chunks a heap asks for, unless one block needs more: address space, which costs nothing until it is touched. */
export const chunkBytes: number = 2 ** 32;

/** Where a heap gets its chunks. */
export interface Memory {
  /** A new chunk of at least `bytes`, or `null` when there is no more. */
  grow(bytes: number): Chunk | null;
  /** Gives the pages inside a free range back to the operating system; returns the bytes given back. */
  giveBack(address: number, bytes: number): number;
}

/** A range of a chunk, free or not, linked to its neighbours by address. Spans are replaced, never changed: an old one means nothing. */
class Span {
  constructor(
    readonly chunk: Chunk,
    readonly address: number,
    readonly bytes: number,
    readonly free: boolean,
    public before: Span | null,
    public after: Span | null,
  ) {
    if (before) before.after = this;
    if (after) after.before = this;
  }
}

/** What an owner holds. A block is never revived: `span` is `null` once it is released. */
export interface Block {
  readonly chunk: Chunk;
  readonly address: number;
  /** Bytes asked for. */
  readonly bytes: number;
  /** Bytes taken: `bytes` rounded up. */
  readonly roundedBytes: number;
  span: Span | null;
}

/** Best-fit allocator over a growing list of chunks, with neighbours merged on release and an exact count of what is live. */
export class Heap {
  /** Rounded bytes of all blocks. */
  liveBytes = 0;
  liveBlocks = 0;
  /** Free spans by size, then address. */
  private readonly free: Span[] = [];
  /** End of what was ever used of a chunk, but for what was given back since. */
  private readonly tops = new Map<Chunk, number>();

  constructor(private readonly memory: Memory) {}

  allocate(bytes: number): Block {
    if (!(bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER)) throw new MesaError('bad-size', { says: `cannot allocate ${bytes} bytes` });
    const roundedBytes = Math.max(blockUnit, Math.ceil(bytes / blockUnit) * blockUnit);
    let at = this.place(roundedBytes, 0);
    if (at === this.free.length) at = this.grow(roundedBytes, bytes);
    const { chunk, address, bytes: found, before, after } = this.free.splice(at, 1)[0] as Span;
    const span = new Span(chunk, address, roundedBytes, false, before, after);
    const end = address + roundedBytes;
    if (found > roundedBytes) this.insert(new Span(chunk, end, found - roundedBytes, true, span, after));
    if (end > (this.tops.get(chunk) ?? 0)) this.tops.set(chunk, end);
    this.liveBytes += roundedBytes;
    this.liveBlocks++;
    return { chunk, address, bytes, roundedBytes, span };
  }

  release(block: Block): void {
    if (!block.span) {
      throw new MesaError('double-free', { says: `the block of ${block.bytes} bytes at ${block.address} was released before` });
    }
    let { address, bytes, before, after } = block.span;
    block.span = null;
    if (before?.free) {
      this.forget(before);
      address = before.address;
      bytes += before.bytes;
      before = before.before;
    }
    if (after?.free) {
      this.forget(after);
      bytes += after.bytes;
      after = after.after;
    }
    this.insert(new Span(block.chunk, address, bytes, true, before, after));
    this.liveBytes -= block.roundedBytes;
    this.liveBlocks--;
  }

  /** Gives free pages back to the operating system; returns the bytes given back. */
  trim(): number {
    let given = 0;
    for (const { chunk, address, bytes, after } of this.free) {
      const top = this.tops.get(chunk) ?? 0;
      if (top <= address) continue;
      given += this.memory.giveBack(address, Math.min(bytes, top - address));
      if (!after) this.tops.set(chunk, address);
    }
    return given;
  }

  private grow(roundedBytes: number, bytes: number): number {
    const chunk = this.memory.grow(roundedBytes + slackBytes);
    if (!chunk) {
      throw new MesaError('out-of-memory', {
        says: `cannot allocate ${mebibytes(bytes)} beside ${mebibytes(this.liveBytes)} live in ${this.liveBlocks} blocks`,
        try: 'a smaller batch, slices of the batch, or a policy that keeps less',
      });
    }
    const usable = Math.floor((chunk.bytes - slackBytes) / blockUnit) * blockUnit;
    return this.insert(new Span(chunk, chunk.address, usable, true, null, null));
  }

  /** Where a free span of these bytes and this address belongs. */
  private place(bytes: number, address: number): number {
    let low = 0;
    let high = this.free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const span = this.free[middle] as Span;
      if (span.bytes < bytes || (span.bytes === bytes && span.address < address)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private insert(span: Span): number {
    const at = this.place(span.bytes, span.address);
    this.free.splice(at, 0, span);
    return at;
  }

  private forget(span: Span): void {
    this.free.splice(this.place(span.bytes, span.address), 1);
  }
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
