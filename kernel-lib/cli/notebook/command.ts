import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MesaError } from '../../errors';
import { writeAtomically } from '../../files/atomic-write';
import { duration } from '../../show/format';
import { type Notebook, readNotebook, writeNotebook } from './notebook';
import { notebookPage } from './page';
import { loadPageTools } from './page-tools';
import { type CellEvent, type RunOptions, type RunReport, runNotebook } from './run-notebook';
import { type Text, textOf } from './text';

export const usage: string = `mesa-lab notebook run FILE [--out FILE] [--html FILE] [--print] [--timeout SECONDS]
  runs the cells of a notebook without Jupyter and writes it back, or to --out; or, or as well, one page with --html
  --print    shows what cells print, and their tables, in place of a line a cell
  --timeout  the longest that one cell may take (600)`;

/** `mesa-lab notebook ...`; gives the exit code: 1 when a cell failed. */
export async function notebookCommand(args: readonly string[]): Promise<number> {
  const { file, out, html, print, timeoutSeconds } = parse(args);
  const notebook = await readNotebook(file);
  const tools = html === undefined ? undefined : await loadPageTools(dirname(resolve(file))); // what is missing is said before the run
  const report = await runUntilInterrupted(notebook, file, { timeoutSeconds, ...(print ? printed : { onCell: tell }) });
  if (out !== undefined) await writeNotebook(out, report.notebook);
  if (html !== undefined && tools)
    await writeAtomically(html, [Buffer.from(notebookPage(report.notebook, dirname(resolve(file)), basename(file, '.ipynb'), tools))]);
  return conclude(
    report,
    file,
    [out, html].filter((path) => path !== undefined),
  );
}

function parse(args: readonly string[]) {
  const options = { out: { type: 'string' }, html: { type: 'string' }, print: { type: 'boolean' }, timeout: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [verb, file, ...rest] = positionals;
  if (verb !== 'run' || file === undefined || rest.length > 0)
    throw new MesaError('usage', { says: `cannot make sense of notebook ${positionals.join(' ')}`, try: `\n${usage}` });
  const { html, out = html === undefined ? file : undefined, print = false, timeout = '600' } = values;
  const timeoutSeconds = Number(timeout);
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 2 ** 21))
    throw new MesaError('usage', { at: '--timeout', says: `${timeout} is not a number of seconds`, try: '--timeout 600' });
  return { file, out, html, print, timeoutSeconds };
}

/** The first Interrupt is the running cell's, which may end well; then the run is over. A second one gives the cell up. */
async function runUntilInterrupted(notebook: Notebook, file: string, options: RunOptions): Promise<RunReport> {
  const interrupts = new AbortController();
  const onInterrupt = () => (interrupts.signal.aborted ? process.exit(130) : interrupts.abort());
  process.on('SIGINT', onInterrupt);
  try {
    return await runNotebook(notebook, file, { ...options, signal: interrupts.signal });
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
}

/** Prints as they come; results and tables when their cell is done. Figures are for the page. */
const printed: RunOptions = {
  onPrint: (text) => process.stdout.write(text),
  onCell({ outputs }) {
    for (const output of outputs) {
      if (output.output_type !== 'execute_result' && output.output_type !== 'display_data') continue;
      const { 'text/plain': text, 'text/html': markup } = output.data;
      if (text && (!markup || textOf(markup as Text).includes('<table'))) process.stdout.write(`\n${textOf(text as Text)}\n`);
    }
  },
};

const WIDTH = 60; // characters of a cell's first line

function tell({ state, number, of, code, seconds }: CellEvent): void {
  const { stderr } = process;
  const line = `cell ${String(number).padStart(String(of).length)} of ${of}`;
  const first = (code.split('\n').find((text) => text.trim() !== '' && !text.startsWith('//')) ?? '').slice(0, WIDTH);
  if (state !== 'begun')
    stderr.write(
      `${stderr.isTTY ? '\r\x1b[K' : ''}${line}  ${duration(seconds * 1000).padStart(8)}  ${state === 'failed' ? 'FAILED  ' : ''}${first}\n`,
    );
  else if (stderr.isTTY) stderr.write(`${line}  ${'...'.padStart(8)}  ${first}`);
}

function conclude({ failed, seconds }: RunReport, file: string, written: readonly string[]): number {
  const { stderr } = process;
  if (failed) stderr.write(`\ncell ${failed.number} of ${file} failed:\n${failed.failure.traceback.join('\n')}\n`);
  stderr.write(`\n${failed ? 'FAILED' : 'ok'} in ${duration(seconds * 1000)}; wrote ${written.join(' and ')}\n`);
  return failed ? 1 : 0;
}
