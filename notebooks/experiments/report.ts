// npm run experiment -- report: puts the tables of all logs into docs/reproduction.md, between its markers.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An experiment's part of the report: a sentence or a table each. */
export type Report = (log: readonly never[]) => readonly (string | readonly Row[])[];
type Row = Readonly<Record<string, string | number>>;

/** Writes what the reports say of the logs that are there; where there is none, the command that makes it. */
export function writeReport(root: string, reports: Readonly<Record<string, Report>>, read: (path: string) => readonly object[]): void {
  const page = join(root, 'docs/reproduction.md');
  let text = readFileSync(page, 'utf8');
  for (const [name, report] of Object.entries(reports)) {
    const log = join(root, `docs/runs/${name}.jsonl`);
    const command = `\`npm run experiment -- ${name}\``;
    const parts = existsSync(log) ? report(read(log) as never[]).map(markdown) : [];
    text = between(text, name, parts.length > 0 ? [...parts, `Made by ${command}.`].join('\n\n') : `Not run yet: ${command}.`);
  }
  writeFileSync(page, text);
}

/** The text with what stands between the markers of `name` replaced. */
export function between(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/reproduction.md lacks the markers of ${name}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

/** A table, or a sentence as it is. */
export function markdown(part: string | readonly Row[]): string {
  if (typeof part === 'string') return part;
  const columns = [...new Set(part.flatMap((row) => Object.keys(row)))];
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const number = (x: string | number | undefined): string | number => (typeof x === 'number' ? Number(x.toPrecision(4)) : (x ?? ''));
  return [line(columns), line(columns.map(() => '---')), ...part.map((row) => line(columns.map((c) => number(row[c]))))].join('\n');
}
