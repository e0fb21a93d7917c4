import { dirname, resolve } from 'node:path';
import { CellProcess, type Failure } from './cell-process';
import type { Notebook } from './notebook';
import { inLines, type Output, Outputs } from './outputs';
import { textOf } from './text';

export interface RunOptions {
  /** The longest that one cell may take. */
  readonly timeoutSeconds?: number;
  /** Called before and after each cell of code. */
  readonly onCell?: (event: CellEvent) => void;
  /** Called with what a cell prints, while it runs. */
  readonly onPrint?: (text: string) => void;
  /** Interrupts the running cell, and no other is begun. */
  readonly signal?: AbortSignal;
}

export interface CellEvent {
  readonly state: 'begun' | 'done' | 'failed';
  /** Of the cells of code, from 1. */
  readonly number: number;
  readonly of: number;
  readonly code: string;
  readonly seconds: number;
  /** What it gave out so far. */
  readonly outputs: readonly Output[];
}

export interface RunReport {
  readonly notebook: Notebook;
  /** The cell that ended the run early. */
  readonly failed: { readonly number: number; readonly failure: Failure } | null;
  readonly seconds: number;
}

const DEFAULTS = { timeoutSeconds: 600 } as const;
const KERNEL = { name: 'mesa-lab', display_name: 'TypeScript (mesa-lab)', language: 'typescript' } as const;

/**
 * Runs the cells of a notebook from top to bottom in a process in its folder, without Jupyter, and gives it back with their outputs. It
 * ends at the first cell that fails.
 *
 * @example
 * const { notebook, failed } = await runNotebook(await readNotebook(path), path);
 */
export async function runNotebook(notebook: Notebook, path: string, options: RunOptions = {}): Promise<RunReport> {
  const { timeoutSeconds, onCell, onPrint, signal } = { ...DEFAULTS, ...options };
  const began = performance.now();
  const cells = notebook.cells.map((cell) => (cell.cell_type === 'code' ? { ...cell, execution_count: null, outputs: [] } : cell));
  const toRun = cells.filter((cell) => cell.cell_type === 'code' && textOf(cell.source).trim() !== '');
  const outputs = new Outputs(onPrint);
  const process = await CellProcess.start(dirname(resolve(path)));
  const interrupt = () => process.interrupt();
  signal?.addEventListener('abort', interrupt);
  let failed: RunReport['failed'] = null;
  try {
    for (const [i, cell] of toRun.entries()) {
      const [code, number] = [textOf(cell.source), i + 1];
      const tell = (state: CellEvent['state'], seconds: number) =>
        onCell?.({ state, number, of: toRun.length, code, seconds, outputs: cell.outputs ?? [] });
      tell('begun', 0);
      const start = performance.now();
      cell.outputs = outputs.begin();
      const end = await process.run(code, outputs, timeoutSeconds * 1000);
      const failure = end.failure ?? (signal?.aborted ? interrupted() : null);
      cell.execution_count = end.count ?? number;
      if (failure) {
        outputs.fail(failure);
        failed = { number, failure };
      }
      tell(failure ? 'failed' : 'done', (performance.now() - start) / 1000);
      if (failure) break;
    }
  } finally {
    signal?.removeEventListener('abort', interrupt);
    process.close();
  }
  const metadata = { kernelspec: KERNEL, ...notebook.metadata, language_info: process.language };
  const stored = cells.map((cell) => (cell.outputs ? { ...cell, outputs: cell.outputs.map(inLines) } : cell));
  return { notebook: { ...notebook, cells: stored, metadata }, failed, seconds: (performance.now() - began) / 1000 };
}

function interrupted(): Failure {
  return { ename: 'Interrupted', evalue: 'the run was interrupted', traceback: ['Interrupted: the run was interrupted'] };
}
