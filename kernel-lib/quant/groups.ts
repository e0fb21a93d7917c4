import type { Layout, Packing } from './packing';

/**
 * Where the groups of a value lie: every row divides into `perRow` pieces of `width` columns (the last may be shorter).
 * With `classes` = 0 each piece is a group of its own; else rows fall into classes, `rowsPerClass` at a time in turn, and the
 * pieces at the same place in rows of one class are one group over the whole batch.
 */
export interface Groups {
  readonly width: number;
  readonly perRow: number;
  readonly classes: number;
  readonly rowsPerClass: number;
  /** Groups with a range of their own in the whole value. */
  readonly count: number;
}

/**
 * The groups of a packing. Where heads lie over rows (`[b, h, n, n]`), `head` is the rows of a head, `row` one whole row and
 * `channel` one column of one head.
 */
export function groupsOf(layout: Layout, { group }: Packing): Groups {
  const { rows, columns, heads } = layout;
  const overRows = layout.headAxis === 'rows';
  const width = Math.max(
    1,
    typeof group === 'object' ? group.run : group === 'channel' ? 1 : group === 'tensor' || overRows ? columns : columns / heads,
  );
  const perRow = Math.ceil(columns / width);
  if (isRowGroup(group)) return { width, perRow, classes: 0, rowsPerClass: 1, count: rows * perRow };
  const classes = overRows && group !== 'tensor' ? heads : 1;
  return { width, perRow, classes, rowsPerClass: Math.max(1, layout.rowsPerHead), count: classes * perRow };
}

/** Whether a group lies within one row, so that rows can be packed in any slices. */
export function isRowGroup(group: Packing['group']): boolean {
  return group === 'row' || typeof group === 'object';
}

/** The group that an element of the whole value belongs to. */
export function groupAt({ perRow, classes, rowsPerClass, width }: Groups, row: number, column: number): number {
  const first = classes === 0 ? row : Math.floor(row / rowsPerClass) % classes;
  return first * perRow + Math.floor(column / width);
}

/** Bytes of the codes of one row. */
export function rowBytes({ columns }: Layout, { bits }: Packing): number {
  return Math.ceil((columns * bits) / 8);
}

/** The bytes that `pack` keeps, exactly: codes are tight in every row; a range is two bf16 (`row`, `run`) or two float32. */
export function packedBytes(layout: Layout, packing: Packing): { codes: number; ranges: number } {
  const { count } = groupsOf(layout, packing);
  return { codes: layout.rows * rowBytes(layout, packing), ranges: count * (isRowGroup(packing.group) ? 4 : 8) };
}
