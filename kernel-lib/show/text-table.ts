/** A table for the terminal: numbers to the right; those are all columns but the first unless it is said. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  isNumeric: readonly boolean[] = header.map((_, i) => i > 0),
): string {
  const widths = header.map((title, i) => Math.max(...[title, ...rows.map((row) => row[i] ?? '')].map((cell) => cell.length)));
  const pad = (cell: string, i: number): string => (isNumeric[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number));
  const line = (cells: readonly string[]): string =>
    header
      .map((_, i) => pad(cells[i] ?? '', i))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
