import { column } from './column';
import { html } from './html';
import type { Bundle } from './screens/screen';
import { textTable } from './text-table';

/** What a table must offer to be shown: arquero's do, filtered and in their order. */
export interface Tabular {
  numRows(): number;
  columnNames(): string[];
  get(column: string, row: number): unknown;
}

/** The first `limit` rows of a table, as HTML and as text. */
export function tableBundle(table: Tabular, limit: number): Bundle {
  const rows = Math.min(limit, table.numRows());
  const columns = table.columnNames().map((name) => ({ name, ...column(Array.from({ length: rows }, (_, row) => table.get(name, row))) }));
  const left = rows < table.numRows() ? `${rows} of ${table.numRows().toLocaleString('en-US')} rows` : '';
  const lines = Array.from({ length: rows }, (_, row) => columns.map(({ cells }) => cells[row] as string));
  const align = columns.map(({ isNumeric }) => (isNumeric ? 'right' : 'left')); // as attributes: GitHub strips styles
  const markup = html`<table style="font-variant-numeric:tabular-nums"><thead><tr>${columns.map(({ name }, i) => html`<th align="${align[i] as string}">${name}</th>`)}</tr></thead>
<tbody>${lines.map(
    (cells) => html`<tr>${cells.map((cell, i) => html`<td align="${align[i] as string}">${cell}</td>`)}</tr>
`,
  )}</tbody></table>${left ? html`<small>${left}</small>` : []}`;
  const text = textTable(
    columns.map(({ name }) => name),
    lines,
    columns.map(({ isNumeric }) => isNumeric),
  );
  return { 'text/html': markup.text, 'text/plain': left ? `${text}\n${left}` : text };
}

/** Records as a table: a column for every key, in the order of their first appearance. */
export function recordsTable(records: readonly Readonly<Record<string, unknown>>[]): Tabular {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return { numRows: () => records.length, columnNames: () => names, get: (name, row) => records[row]?.[name] };
}
