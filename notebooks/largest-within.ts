/** The last of growing sizes whose bytes stay within a budget. */
export function largestWithin(budget: number, first: number, step: number, bytes: (size: number) => number): number {
  let size = first;
  while (bytes(size + step) <= budget) size += step;
  return size;
}
