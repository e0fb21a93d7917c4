import { randomUUID } from 'node:crypto';
import type { Figure } from '../watch/figure';
import { currentScreen, display } from './display';
import { elastic, figureBundle, liveBundle } from './notebook/figure-bundle';
import { showLoaderOnce } from './notebook/loader';
import { reactScript } from './notebook/scripts';
import type { Screen } from './screens/screen';
import { show } from './show';
import { themed } from './theme';

/** A figure that changes while something runs. */
export interface LiveFigure {
  /** Shows the figure as it is now, at most some times a second; what the reader has zoomed to stays. */
  update(figure: Figure): void;
  /** Shows the last figure and stores it whole, with its picture: call it when the run ends. */
  done(): void;
}

const PAUSE_MS = 150; // between two drawings: a browser draws a figure in 20 to 100 ms

/**
 * Shows a figure in a notebook and keeps it current; outside notebooks, shows it once it is done.
 *
 * @example
 * const view = live(norms.figure());
 * await trainer.fit({ steps: 200, onStep: () => view.update(norms.figure()) });
 * view.done();
 */
export function live(first: Figure, screen: Screen = currentScreen()): LiveFigure {
  return screen.kind === 'notebook' ? inNotebook(first, screen) : atTheEnd(first, screen);
}

function inNotebook(first: Figure, screen: Screen): LiveFigure {
  showLoaderOnce(screen);
  const id = `figure-${randomUUID()}`;
  const view = display(liveBundle(first, id), screen);
  const changes = display(NOTHING, screen); // apart from the figure: replacing that would lose the zoom
  let last = first;
  let drawn = Date.now();
  return {
    update(figure) {
      last = figure;
      if (Date.now() - drawn < PAUSE_MS) return;
      drawn = Date.now();
      changes.update({ ...NOTHING, 'text/html': reactScript(id, elastic(themed(figure))).text });
    },
    done() {
      changes.update(NOTHING);
      view.update(figureBundle(last, id));
    },
  };
}

const NOTHING = { 'text/html': '<span></span>', 'text/plain': '' };

function atTheEnd(first: Figure, screen: Screen): LiveFigure {
  let last = first;
  return {
    update(figure) {
      last = figure;
    },
    done: () => show(last, { screen }),
  };
}
