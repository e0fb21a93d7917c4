import { column } from './column';
import { type Html, html } from './html';
import type { Bundle } from './screens/screen';
import { textTable } from './text-table';

/** What a table must offer to be shown: arquero's do, filtered and in their order. */
export interface Tabular {
  numRows(): number;
  columnNames(): string[];
  get(column: string, row: number): unknown;
}

/** The first `limit` rows of a table, as HTML and as text, with a note under them. */
export function tableBundle(table: Tabular, limit: number, note: string = ''): Bundle {
  const rows = Math.min(limit, table.numRows());
  const names = table.columnNames();
  const columns = names.map((name) => column(Array.from({ length: rows }, (_, row) => table.get(name, row))));
  const lines = Array.from({ length: rows }, (_, row) => columns.map(({ cells }) => cells[row] as string));
  const isNumeric = columns.map((c) => c.isNumeric);
  const left = rows < table.numRows() ? [`${rows} of ${table.numRows().toLocaleString('en-US')} rows`] : [];
  const notes = [...left, ...(note ? [note] : [])];
  return {
    'text/html': [markup(names, lines, isNumeric), ...notes.map((text) => html`<small>${text}</small>`)]
      .map((part) => part.text)
      .join('\n<br>'),
    'text/plain': [textTable(names, lines, isNumeric), ...notes].join('\n'),
  };
}

function markup(names: readonly string[], lines: readonly (readonly string[])[], isNumeric: readonly boolean[]): Html {
  const align = isNumeric.map((right) => (right ? 'right' : 'left')); // as attributes: GitHub strips styles
  const head = names.map((name, i) => html`<th align="${align[i] as string}">${name}</th>`);
  const row = (cells: readonly string[]): Html =>
    html`<tr>${cells.map((cell, i) => html`<td align="${align[i] as string}">${cell}</td>`)}</tr>`;
  return html`<table style="font-variant-numeric:tabular-nums"><thead><tr>${head}</tr></thead><tbody>${lines.map(row)}</tbody></table>`;
}

/** Records as a table: a column for every key, in the order of their first appearance. */
export function recordsTable(records: readonly Readonly<Record<string, unknown>>[]): Tabular {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return { numRows: () => records.length, columnNames: () => names, get: (name, row) => records[row]?.[name] };
}
