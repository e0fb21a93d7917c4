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

/** A range of a chunk, free or not, linked to its neighbours by address. */
interface Span {
  readonly chunk: Chunk;
  readonly address: number;
  readonly bytes: number;
  readonly free: boolean;
  before: Span | null;
  after: Span | null;
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
    const span = this.free.splice(at, 1)[0] as Span;
    const taken = replace(span, roundedBytes, false);
    if (span.bytes > roundedBytes) {
      const rest: Span = { ...span, address: span.address + roundedBytes, bytes: span.bytes - roundedBytes, before: taken, after: span.after };
      if (rest.after) rest.after.before = rest;
      taken.after = rest;
      this.insert(rest);
    }
    this.tops.set(span.chunk, Math.max(this.tops.get(span.chunk) ?? 0, span.address + roundedBytes));
    this.liveBytes += roundedBytes;
    this.liveBlocks++;
    return { chunk: span.chunk, address: span.address, bytes, roundedBytes, span: taken };
  }

  release(block: Block): void {
    if (!block.span) {
      throw new MesaError('double-free', { says: `the block of ${block.bytes} bytes at ${block.address} was released before` });
    }
    let span = replace(block.span, block.span.bytes, true);
    block.span = null;
    if (span.after?.free) span = this.merge(span, span.after, span.after);
    if (span.before?.free) span = this.merge(span.before, span, span.before);
    this.insert(span);
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
    return this.insert({ chunk, address: chunk.address, bytes: usable, free: true, before: null, after: null });
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

  /** Joins two neighbours, of which `listed` is in the free list. */
  private merge(first: Span, second: Span, listed: Span): Span {
    this.free.splice(this.place(listed.bytes, listed.address), 1);
    const span: Span = { ...first, bytes: first.bytes + second.bytes, free: true, after: second.after };
    if (span.before) span.before.after = span;
    if (span.after) span.after.before = span;
    return span;
  }
}

/** A new span in the place of another, so that nobody's old handle can mean the new owner. */
function replace(old: Span, bytes: number, free: boolean): Span {
  const span: Span = { ...old, bytes, free };
  if (span.before) span.before.after = span;
  if (span.after) span.after.before = span;
  return span;
}

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
