import { MesaError } from '../errors';
import { isRowGroup } from './groups';
import type { Layout, Packing } from './packing';

/** Throws a typed error unless a value of this layout can be kept by this packing. */
export function checkPacking(layout: Layout, packing: Packing): void {
  const { rows, columns, heads, headAxis, rowsPerHead, rowsPerSample } = layout;
  const { bits, group, range, decay } = packing;
  const whole = (n: number, least: number): boolean => Number.isSafeInteger(n) && n >= least;
  if (![8, 6, 4, 2, 1].includes(bits)) {
    throw new MesaError('bad-bits', { says: `codes of ${bits} bits are not supported`, try: 'bits: 8 | 6 | 4 | 2 | 1' });
  }
  if (typeof group === 'object' && !whole(group.run, 1)) {
    throw new MesaError('bad-run', { says: `a run of ${group.run} elements`, try: 'group: { run: 64 }' });
  }
  if (range === 'running' && isRowGroup(group)) {
    throw new MesaError('running-row-range', {
      says: `a ${typeof group === 'object' ? 'run' : group} has no running range: its rows change with every batch`,
      try: "range: 'batch', or group: 'head' | 'channel' | 'tensor'",
    });
  }
  if (range === 'running' && !(decay >= 0 && decay < 1)) {
    throw new MesaError('bad-decay', { says: `a running range cannot keep ${decay} of the old one`, try: 'decay: 0.9' });
  }
  if (![rows, columns, rowsPerSample].every((n) => whole(n, 0)) || !whole(heads, 1)) {
    throw new MesaError('bad-layout', { says: `${rows} rows of ${columns} columns, ${rowsPerSample} a sample, with ${heads} heads` });
  }
  if (rows > 0 && (rowsPerSample < 1 || rows % rowsPerSample !== 0)) {
    throw new MesaError('bad-layout', { says: `${rows} rows do not make whole samples of ${rowsPerSample} rows` });
  }
  if (headAxis === 'rows' && rowsPerSample % (rowsPerHead * heads) !== 0) {
    throw new MesaError('bad-layout', { says: `${heads} heads of ${rowsPerHead} rows do not make a sample of ${rowsPerSample} rows` });
  }
  if (headAxis === 'columns' && (group === 'head' || group === 'row') && columns % heads !== 0) {
    throw new MesaError('heads-do-not-divide', {
      says: `cannot split ${columns} columns into ${heads} heads (${columns % heads} left over)`,
      try: "a number of heads that divides them, or group: 'tensor' | { run: 64 }",
    });
  }
}
