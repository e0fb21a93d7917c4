import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { MesaError } from '../../errors';
import { writeAtomically } from '../../files/atomic-write';
import type { Output } from './outputs';
import type { Text } from './text';

export interface Cell {
  readonly cell_type: string;
  readonly source: Text;
  readonly attachments?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  id?: string;
  execution_count?: number | null;
  outputs?: Output[];
}

/** An .ipynb file, version 4. */
export interface Notebook {
  readonly cells: Cell[];
  readonly metadata: Record<string, unknown>;
  readonly nbformat: number;
  nbformat_minor: number;
}

export async function readNotebook(path: string): Promise<Notebook> {
  const refuse = (says: string) => new MesaError('notebook-file', { at: path, says, try: 'an .ipynb file of version 4' });
  const text = await readFile(path, 'utf8').catch((e: Error) => {
    throw refuse(`cannot be read: ${e.message}`);
  });
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (e) {
    throw refuse(`is not JSON: ${(e as Error).message}`);
  }
  if (!isNotebook(read)) throw refuse('is not a notebook of version 4');
  return read;
}

/** Writes it as Jupyter does, so that a later save there changes no line. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  const cells = notebook.cells.map((cell) => (cell.id ? cell : { ...cell, id: randomUUID() }));
  const complete = { ...notebook, cells, nbformat_minor: Math.max(notebook.nbformat_minor, 5) };
  await writeAtomically(path, [Buffer.from(`${JSON.stringify(complete, null, 1)}\n`)]);
}

function isNotebook(read: unknown): read is Notebook {
  const { cells, metadata, nbformat } = (read ?? {}) as Partial<Notebook>;
  const isCell = (cell: Partial<Cell> | null) => typeof cell?.cell_type === 'string' && isText(cell.source);
  return nbformat === 4 && typeof metadata === 'object' && metadata !== null && Array.isArray(cells) && cells.every(isCell);
}

function isText(text: unknown): text is Text {
  return typeof text === 'string' || (Array.isArray(text) && text.every((line) => typeof line === 'string'));
}
