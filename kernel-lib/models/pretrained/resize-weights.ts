import { resizeGrid } from './resize-grid';

/** A weight as read from a file. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const POSITIONS = /(^|\.)(absolute_)?pos_embed\d*$/;
const BIAS_TABLE = /(^|\.)relative_position_bias_table$/;

/**
 * A weight of a published model for another size of image or window: position embeddings and Swin's tables of relative positions are
 * resampled; anything else, and what cannot be resampled, is null.
 */
export function resizeWeight(name: string, weight: Weight, shape: readonly number[]): Weight | null {
  if (weight.data.length !== elements(weight.shape) || weight.shape.length !== shape.length || weight.shape.at(-1) !== shape.at(-1))
    return null;
  const data = POSITIONS.test(name) ? positions(weight, shape) : BIAS_TABLE.test(name) ? biasTable(weight, shape) : null;
  return data && { shape, data };
}

/** [1, n, c]: a square of patches, with or without a class token before it. One that has no place here is left out. */
function positions({ shape, data }: Weight, [, rows]: readonly number[]): Float32Array | null {
  const [from, to] = [grid(shape[1] as number), grid(rows as number)];
  if (!from || !to || to.tokens > from.tokens) return null;
  const c = shape[2] as number;
  const patches = resizeGrid(data.subarray(from.tokens * c), c, from.side, to.side);
  const out = new Float32Array((rows as number) * c);
  out.set(data.subarray(0, to.tokens * c));
  out.set(patches, to.tokens * c);
  return out;
}

/** Rows of a position embedding: side * side patches and 0 or 1 token. A square number of rows has no token: none is a square plus one. */
function grid(rows: number): { readonly tokens: number; readonly side: number } | null {
  for (const tokens of [0, 1]) {
    const side = Math.sqrt(rows - tokens);
    if (Number.isInteger(side) && side > 0) return { tokens, side };
  }
  return null;
}

/** [(2 * window - 1) ** 2, heads] */
function biasTable({ shape, data }: Weight, [rows]: readonly number[]): Float32Array | null {
  const [from, to] = [Math.sqrt(shape[0] as number), Math.sqrt(rows as number)];
  return Number.isInteger(from) && Number.isInteger(to) ? resizeGrid(data, shape[1] as number, from, to) : null;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
