import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MaskCodes } from '../decode/mask-codes';

/** Names of the classes, where a folder has them: `classes.txt` with a number of the masks and a name a line, or ADE20K's table. */
export async function readClassNames(folder: string, codes: MaskCodes): Promise<readonly string[] | undefined> {
  const text = (file: string) => readFile(join(folder, file), 'utf8').catch(() => undefined);
  const list = await text('classes.txt');
  const table = list === undefined ? ((await text('objectInfo150.csv')) ?? (await text('objectInfo150.txt'))) : undefined;
  const names = list ? numbered(list) : table ? lastColumn(table) : new Map<number, string>();
  const wanted = Array.from({ length: codes.classes }, (_, i) => names.get(i + codes.offset));
  return wanted.every((name) => name !== undefined) ? (wanted as string[]) : undefined;
}

/** Lines like `3 Road`. */
function numbered(text: string): Map<number, string> {
  const lines = text.matchAll(/^(\d+)\s+(.+?)\r?$/gm);
  return new Map(Array.from(lines, ([, number, name]) => [Number(number), name as string]));
}

/** Lines like `1,0.1576,11664,1172,1,wall`, or with tabs. */
function lastColumn(text: string): Map<number, string> {
  const lines = text.matchAll(/^(\d+)[,\t].*[,\t]\s*(.+?)\s*$/gm);
  return new Map(Array.from(lines, ([, number, name]) => [Number(number), name as string]));
}
