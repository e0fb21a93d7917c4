import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, blockUnit, type Chunk, Heap, type Memory } from '../../kernel-lib/engine/heap';
import { codeOf } from '../matchers';

const slack = 4 << 20;

/** Addresses without memory; `chunks` of them at most. */
function addresses(chunkBytes: number, chunks = Number.POSITIVE_INFINITY): Memory & { given: [number, number][] } {
  let made = 0;
  const given: [number, number][] = [];
  return {
    given,
    grow(bytes): Chunk | null {
      if (bytes > chunkBytes + slack || made >= chunks) return null;
      const address = ++made * 2 ** 40;
      return { address, bytes: chunkBytes + slack, buffer: null, bufferAddress: address };
    },
    giveBack(address, bytes) {
      given.push([address, bytes]);
      return bytes;
    },
  };
}

describe('Heap', () => {
  it('never hands out overlapping blocks and counts what is live, for any order of requests', () => {
    const step = fc.record({ bytes: fc.integer({ min: 0, max: 5000 }), release: fc.boolean(), pick: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const heap = new Heap(addresses(64 * 1024));
        const live: Block[] = [];
        for (const { bytes, release, pick } of steps) {
          if (release && live.length > 0) heap.release(live.splice(pick % live.length, 1)[0] as Block);
          else live.push(heap.allocate(bytes));
          const sorted = [...live].sort((a, b) => a.address - b.address);
          sorted.forEach((block, i) => {
            const end = block.address + Math.max(block.bytes, 1);
            expect(block.address % blockUnit).toBe(0);
            expect(end).toBeLessThanOrEqual(sorted[i + 1]?.address ?? Number.POSITIVE_INFINITY);
            expect(end).toBeLessThanOrEqual(block.chunk.address + block.chunk.bytes - slack);
          });
          expect(heap.liveBytes).toBe(live.reduce((sum, block) => sum + block.roundedBytes, 0));
          expect(heap.liveBlocks).toBe(live.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('takes the smallest hole that fits', () => {
    const heap = new Heap(addresses(2 ** 20));
    const blocks = [640, 64, 320, 64, 1280, 64].map((bytes) => heap.allocate(bytes));
    for (const i of [0, 2, 4]) heap.release(blocks[i] as Block);
    expect(heap.allocate(300).address).toBe(blocks[2]?.address);
    expect(heap.allocate(640).address).toBe(blocks[0]?.address);
  });

  it('merges neighbours, so that all of a chunk is one hole again', () => {
    const heap = new Heap(addresses(64 * 100, 1));
    const blocks = Array.from({ length: 100 }, () => heap.allocate(64));
    for (const i of [...blocks.keys()].sort((a, b) => ((a * 37) % 100) - ((b * 37) % 100))) heap.release(blocks[i] as Block);
    expect(heap.allocate(6400).bytes).toBe(6400);
  });

  it('gets further chunks, and says what is asked and live when there are none', () => {
    const heap = new Heap(addresses(2 ** 20, 2));
    expect(heap.allocate(2 ** 20).chunk).not.toBe(heap.allocate(2 ** 20).chunk);
    expect(() => heap.allocate(2 ** 20)).toThrow('cannot allocate 1.0 MiB beside 2.0 MiB live in 2 blocks');
    expect(codeOf(() => heap.allocate(1))).toBe('out-of-memory');
    expect(heap.liveBlocks).toBe(2);
  });

  it('refuses a second release, also when somebody else has the place by now', () => {
    const heap = new Heap(addresses(2 ** 20));
    const block = heap.allocate(100);
    heap.release(block);
    expect(codeOf(() => heap.release(block))).toBe('double-free');
    const next = heap.allocate(100);
    expect(next.address).toBe(block.address);
    expect(codeOf(() => heap.release(block))).toBe('double-free');
    expect(heap.liveBlocks).toBe(1);
  });

  it('refuses sizes that are none', () => {
    const heap = new Heap(addresses(2 ** 20));
    for (const bytes of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(codeOf(() => heap.allocate(bytes))).toBe('bad-size');
  });

  it('gives back what was used and is free, once', () => {
    const memory = addresses(2 ** 20);
    const heap = new Heap(memory);
    const [first, second] = [heap.allocate(1000), heap.allocate(64)];
    heap.release(first);
    expect(heap.trim()).toBe(1024);
    heap.release(second);
    expect(memory.given).toEqual([[first.address, 1024]]);
    expect(heap.trim()).toBe(1088);
    expect(heap.trim()).toBe(0);
  });
});
