import type { Sums } from './sums';
import type { Cell } from './table';

/** The error of one head of a value in one step. */
export interface ErrorRow {
  readonly step: number;
  readonly value: string;
  /** How it is kept: `full`, `8 bit, head`, `derived`. */
  readonly kept: string;
  /** Whether that was only tried beside the run. */
  readonly tried: boolean;
  readonly head: number;
  readonly rmse: number;
  /** RMSE over the root mean square of the value. */
  readonly relative: number;
  /** 20 log10 of its inverse; null where there is no error. */
  readonly snrDb: number | null;
  readonly std: number;
  readonly low: number;
  readonly high: number;
  /** Elements outside the range they were packed with. */
  readonly saturated: number;
  readonly [column: string]: Cell;
}

export function errorRow(about: Pick<ErrorRow, 'step' | 'value' | 'kept' | 'tried' | 'head'>, s: Sums): ErrorRow {
  const { step, value, kept, tried, head } = about;
  const relative = s.errors === 0 ? 0 : Math.sqrt(s.errors / s.squares);
  return {
    step,
    value,
    kept,
    tried,
    head,
    rmse: Math.sqrt(s.errors / s.count),
    relative,
    snrDb: s.errors === 0 ? null : -20 * Math.log10(relative),
    std: Math.sqrt(Math.max(0, s.squares / s.count - (s.sum / s.count) ** 2)),
    low: s.low,
    high: s.high,
    saturated: s.outside,
  };
}
