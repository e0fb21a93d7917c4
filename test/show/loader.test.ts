import { afterAll, describe, expect, it } from 'vitest';
import { showLoaderOnce } from '../../kernel-lib/show/notebook/loader';
import { notebook } from './notebook';

const RUN = Symbol.for('mesa-lab.cell-run');
const world = globalThis as { [run: symbol]: { readonly id: string | undefined } };

/** How often plotly is brought when a cell shows two figures. */
function brought(id: string | undefined): number {
  const screen = notebook();
  world[RUN] = { id };
  showLoaderOnce(screen);
  showLoaderOnce(screen);
  return screen.sent.length;
}

describe('plotly in a notebook', () => {
  afterAll(() => delete world[RUN]);

  it('comes with the first figure, and again only where that cell runs again', () => {
    expect(['a', 'b', 'a', 'b', undefined, 'a'].map(brought)).toEqual([1, 0, 1, 0, 0, 1]);
  });
});
