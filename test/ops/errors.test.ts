import { describe, expect, it } from 'vitest';
import { MesaError } from '../../kernel-lib/errors';
import type { Op } from '../../kernel-lib/tape/op';
import { specsOf } from './case';
import { cases } from './cases';

/** The error that `f` throws. */
function thrown(f: () => unknown): MesaError {
  try {
    f();
  } catch (e) {
    return e as MesaError;
  }
  throw new Error('nothing was thrown');
}

const first = [...new Map([...cases].reverse().map((c) => [c.op.name, c])).values()].filter((c) => c.op.name !== 'gelu');

describe('a shape that does not fit', () => {
  for (const c of first) {
    const good = specsOf(c);
    for (const slot of [...c.op.inputs, ...c.op.params]) {
      it(`is a typed error of ${c.op.name} that names '${slot}' and what it got`, () => {
        const e = thrown(() => c.op.specs({ ...good, [slot]: { rows: 1, dims: [2, 3, 5, 7, 11] } }, c.attrs));
        expect(e).toBeInstanceOf(MesaError);
        expect(e.code).toBe('shape-mismatch');
        expect(e.message).toContain(`'${slot}' has shape [2,3,5,7,11]`);
      });
    }
  }
});

describe('attributes that do not fit', () => {
  const op = (name: string): Op<never> => cases.find((c) => c.op.name === name)!.op;

  it('names the head counts that divide the width', () => {
    const specs = { in: { rows: 4, dims: [12] }, weight: { rows: 1, dims: [36, 12] }, bias: { rows: 1, dims: [36] } };
    const e = thrown(() => op('qkv').specs(specs, { heads: 5 } as never));
    expect(e.message).toMatchInlineSnapshot(
      `"cannot split 12 channels into 5 heads (try heads: 1 | 2 | 3 | 4 | 6 | 12) [heads-do-not-divide]"`,
    );
  });

  it('names the image size that patches tile', () => {
    const specs = { in: { rows: 1, dims: [3, 30, 32] }, weight: { rows: 1, dims: [8, 3, 16, 16] }, bias: { rows: 1, dims: [8] } };
    const e = thrown(() => op('patchEmbed').specs(specs, {} as never));
    expect(e.message).toMatchInlineSnapshot(
      `"patches of 16 pixels do not tile images of 30 x 32 (try images of 32 x 32) [patch-does-not-divide]"`,
    );
  });

  it('names the window that fits a map', () => {
    const specs = { in: { rows: 12, dims: [2] }, weight: { rows: 1, dims: [5, 2, 7, 7] } };
    const attrs = { height: 3, width: 4, kernel: 7, stride: 1, padding: 1 };
    const e = thrown(() => op('conv2d').specs(specs, attrs as never));
    expect(e.message).toMatchInlineSnapshot(
      `"a window of 7 x 7 does not fit a map of 3 x 4 with 1 zeros around it (try kernel: 5 or less) [kernel-too-large]"`,
    );
    expect(thrown(() => op('conv2d').specs(specs, { ...attrs, height: 4 } as never)).code).toBe('shape-mismatch');
  });

  it('refuses a drop rate of 1', () => {
    const x = { rows: 4, dims: [12] };
    expect(thrown(() => op('residual').specs({ in: x, branch: x }, { rate: 1 } as never)).code).toBe('rate-out-of-range');
    expect(thrown(() => op('dropChannels').specs({ in: x }, { rate: 1 } as never)).code).toBe('rate-out-of-range');
  });

  it('refuses a row that samples do not have', () => {
    const taking = (attrs: object) => thrown(() => op('takeRows').specs({ in: { rows: 4, dims: [12] } }, attrs as never)).message;
    expect(taking({ first: 3, count: 2, rows: 4 })).toContain('rows 3 to 4 of 4 are wanted from samples that have 4 rows');
    expect(taking({ first: 0, count: 1, rows: 5 })).toContain('samples that have 4 rows');
  });

  it('refuses maps and windows of another size, and a shift of a whole window', () => {
    const map = { in: { rows: 20, dims: [12] } };
    const attrs = { height: 5, width: 4, window: 3, shift: 1 };
    const message = (name: string, change: object) => thrown(() => op(name).specs(map, { ...attrs, ...change } as never)).message;
    expect(message('windowPartition', { height: 6 })).toContain("'in' has 20 rows a sample where a map of 6 x 4 is wanted");
    expect(message('mergePatches', { width: 5 })).toContain('a map of 5 x 5');
    expect(message('resize', { from: [4, 4], to: [8, 8] })).toContain('a map of 4 x 4');
    const pixels = { logits: map.in, labels: { rows: 1, dims: [10, 8] } };
    expect(thrown(() => op('pixelCrossEntropy').specs(pixels, { height: 10, width: 8 } as never)).message).toContain('a map of 10 x 8');
    expect(message('windowMerge', {})).toContain("'in' has 20 rows a sample where 4 windows of 3 x 3 are wanted");
    expect(message('windowPartition', { shift: 3 })).toMatchInlineSnapshot(
      `"a shift of 3 for windows of 3 x 3 (try 0, or 1 in every second block) [shift-out-of-range]"`,
    );
    expect(thrown(() => op('meanRows').specs(map, { rows: 19 } as never)).message).toContain('have 20');
  });

  it('refuses values of different lengths', () => {
    const x = { rows: 4, dims: [12] };
    const y = { rows: 5, dims: [12] };
    expect(thrown(() => op('attention').specs({ q: x, k: x, v: y }, { heads: 2, scale: 1 } as never)).message).toContain(
      "'v' has 5 tokens",
    );
    expect(thrown(() => op('residual').specs({ in: x, branch: y }, { rate: 0 } as never)).message).toContain("'branch' has 5 rows");
  });
});
