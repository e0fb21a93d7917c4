import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { display } from '../display';
import { html } from '../html';
import type { Bundle, Screen } from '../screens/screen';
import { PLOTLY } from '../static/files';
import { loaderScript } from './scripts';

/** One run of a cell: our kernel leaves a new one here for each. */
interface CellRun {
  /** The cell's identity in the notebook, if the front end tells it. */
  readonly id?: string | undefined;
}

const CELL_RUN = Symbol.for('mesa-lab.cell-run');

/** Where this process, which is one notebook, has shown the loader. */
let shownIn: CellRun | undefined;

/**
 * Brings plotly into the notebook (0.67 MB) before its first figure, and again where that cell runs again, which empties it. Nothing is
 * fetched from anywhere.
 */
export function showLoaderOnce(screen: Screen): void {
  const run = (globalThis as { readonly [CELL_RUN]?: CellRun })[CELL_RUN] ?? {};
  if (shownIn && !isAgain(run, shownIn)) return;
  shownIn = run;
  display(loaderBundle(), screen);
}

function isAgain(run: CellRun, before: CellRun): boolean {
  return run !== before && run.id !== undefined && run.id === before.id;
}

export function loaderBundle(): Bundle {
  const packed = gzipSync(readFileSync(PLOTLY()), { level: 9 }).toString('base64');
  const note = 'figures: pictures, as this notebook is not trusted';
  return { 'text/html': html`<small>${note}</small>${loaderScript(packed)}`.text, 'text/plain': 'figures: pictures' };
}
