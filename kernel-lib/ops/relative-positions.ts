import { type WindowAttrs, windowGrid } from './windows';

/** What a masked score gets: as in Swin. */
const MASKED = -100;

/** For each pair of a query and a key of a window, the row of the table for their relative position. */
export function positionIndex(window: number): Int32Array {
  const n = window ** 2;
  const side = 2 * window - 1;
  return Int32Array.from({ length: n * n }, (_, pair) => {
    const [query, key] = [Math.floor(pair / n), pair % n];
    const down = Math.floor(query / window) - Math.floor(key / window) + window - 1;
    const across = (query % window) - (key % window) + window - 1;
    return down * side + across;
  });
}

/** [windows, n, n]: 0, and MASKED between regions of the map that are no neighbours but were moved into one window. */
export function shiftMask(attrs: WindowAttrs): Float32Array {
  const { window, shift } = attrs;
  const { count, down, across } = windowGrid(attrs);
  const n = window ** 2;
  /** In a last window, the part that came round is another region. */
  const cameRound = (last: boolean, at: number): number => (last && at >= window - shift ? 1 : 0);
  return Float32Array.from({ length: count * n * n }, (_, i) => {
    const [at, pair] = [Math.floor(i / (n * n)), i % (n * n)];
    const [bottom, right] = [Math.floor(at / across) === down - 1, at % across === across - 1];
    const region = (token: number): number => 2 * cameRound(bottom, Math.floor(token / window)) + cameRound(right, token % window);
    return region(Math.floor(pair / n)) === region(pair % n) ? 0 : MASKED;
  });
}
