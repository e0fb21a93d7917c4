import { IGNORED, type RawMask } from './image';

/** How much of the labelled pixels the commonest class has; 1 where at most one class is there. */
export function largestShare({ data }: RawMask): number {
  const counts = new Uint32Array(256);
  for (const label of data) counts[label]!++;
  counts[IGNORED] = 0;
  const labelled = counts.reduce((a, b) => a + b, 0);
  return labelled === 0 ? 1 : Math.max(...counts) / labelled;
}
