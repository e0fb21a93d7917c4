import { resizeGrid, type Sides } from './resize-grid';

/** A weight as read from a file. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const POSITIONS = /(^|\.)(absolute_)?pos_embed\d*$/;
const BIAS_TABLE = /(^|\.)relative_position_bias_table$/;

/**
 * A weight of a published model for another size of image or window: position embeddings and Swin's tables of relative positions are
 * resampled; null for anything else, and for what cannot be. Aspects are height by width of images: the model's, and those of before.
 */
export function resizeWeight(name: string, { shape, data }: Weight, to: readonly number[], aspect: number, before = 1): Weight | null {
  const channels = shape.at(-1) as number;
  if (shape.length !== to.length || channels !== to.at(-1) || data.length !== shape.reduce((a, b) => a * b, 1)) return null;
  const [from, wanted] = POSITIONS.test(name)
    ? [grid(shape[1] as number, before), grid(to[1] as number, aspect)]
    : BIAS_TABLE.test(name)
      ? [grid(shape[0] as number, 1), grid(to[0] as number, 1)]
      : [null, null];
  if (!from || !wanted || wanted.tokens > from.tokens) return null;
  const rows = resizeGrid(data.subarray(from.tokens * channels), channels, from.sides, wanted.sides);
  return { shape: to, data: joined(data.subarray(0, wanted.tokens * channels), rows) };
}

/** The places of a position embedding or a table: a grid, perhaps with a class token before it. One without place in the model is left out. */
interface Grid {
  readonly tokens: 0 | 1;
  readonly sides: Sides;
}

function grid(rows: number, aspect: number): Grid | null {
  for (const tokens of [0, 1] as const) {
    const height = Math.round(Math.sqrt((rows - tokens) * aspect));
    const width = Math.round(height / aspect);
    if (height > 0 && height * width === rows - tokens) return { tokens, sides: [height, width] };
  }
  return null;
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const out = new Float32Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}
