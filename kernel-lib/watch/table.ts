import { createRequire } from 'node:module';

export type Cell = number | string | boolean | null;
export type Row = { readonly [column: string]: Cell };

/** How a group or an expression is given to a table: a column's name, or a function of a row (arquero parses its source). */
// biome-ignore lint/suspicious/noExplicitAny: a row as arquero hands it to an expression
type Expression = string | ((row: any) => unknown);

/**
 * An arquero table (https://idl.uw.edu/arquero): what a notebook needs of it most is typed here. The rest is there too.
 *
 * @example
 * heads.table().filter((d) => d.step === 1).groupby('value').rollup({ worst: 'd => op.max(d.relative)' }).print();
 */
export interface Table {
  numRows(): number;
  numCols(): number;
  columnNames(): string[];
  get(column: string, row?: number): Cell;
  array(column: string): Cell[];
  objects(): Row[];
  filter(expression: Expression): Table;
  derive(columns: { readonly [name: string]: Expression }): Table;
  select(...columns: readonly string[]): Table;
  orderby(...columns: readonly unknown[]): Table;
  groupby(...columns: readonly string[]): Table;
  rollup(columns: { readonly [name: string]: Expression }): Table;
  slice(start?: number, end?: number): Table;
  print(options?: object): this;
  toCSV(): string;
  toHTML(options?: object): string;
  toMarkdown(options?: object): string;
}

/** A table with these columns; arquero is loaded when the first one is made. */
export function tableOf(columns: readonly string[], rows: readonly Row[]): Table {
  const { table } = createRequire(__filename)('arquero') as { readonly table: (columns: object) => Table };
  return table(Object.fromEntries(columns.map((column) => [column, rows.map((row) => row[column] ?? null)])));
}
