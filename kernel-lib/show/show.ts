import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { SavePlan } from '../tape/plan';
import type { Figure } from '../watch/figure';
import { currentScreen, type Displayable, display, inJupyter } from './display';
import { Html } from './html';
import { figureBundle } from './notebook/figure-bundle';
import { showLoaderOnce } from './notebook/loader';
import { planBundle } from './plan';
import type { Bundle, Screen } from './screens/screen';
import { recordsTable, type Tabular, tableBundle } from './table';
import { titleOf } from './theme';

export interface ShowOptions {
  /** Rows of a table. */
  readonly limit?: number;
  readonly screen?: Screen;
}

const DEFAULTS = { limit: 20 } as const;

/**
 * Shows figures, tables, plans, watchers, text: in a notebook as interactive figures and tables, elsewhere as text.
 *
 * @example
 * show(heads.figure());
 * show(heads.table(), { limit: 50 });
 * show(trainer.plan);
 */
export function show(thing: unknown, options: ShowOptions = {}): void {
  const screen = options.screen ?? currentScreen();
  const bundle = bundleOf(thing, options) ?? { 'text/plain': inspect(thing) };
  if (bundle instanceof Promise)
    void bundle.then(
      (b) => display(b, screen),
      (e: unknown) => display({ 'text/plain': String(e) }, screen),
    );
  else display(bundle, screen);
}

/** How a thing looks, where that is more than what `console.log` prints; the notebook kernel asks this of the last line of a cell. */
export function bundleOf(thing: unknown, options: ShowOptions = {}): Bundle | Promise<Bundle> | undefined {
  const { limit, screen } = { ...DEFAULTS, screen: currentScreen(), ...options };
  if (typeof thing === 'string') return { 'text/plain': thing };
  if (typeof thing !== 'object' || thing === null) return undefined;
  if (thing instanceof Html) return { 'text/html': thing.text, 'text/plain': '[html]' };
  if (isDisplayable(thing)) return thing[inJupyter]();
  if (isFigure(thing)) return ofFigure(thing, screen);
  if (offers('figure', thing)) return ofFigure(thing.figure() as Figure, screen);
  if (isTable(thing)) return tableBundle(thing, limit);
  if (offers('table', thing)) return tableBundle(thing.table() as Tabular, limit, inWords(thing));
  if (isPlan(thing)) return planBundle(thing, limit);
  if (isRecords(thing)) return tableBundle(recordsTable(thing), limit);
  return undefined;
}

function ofFigure(figure: Figure, screen: Screen): Bundle {
  if (screen.kind !== 'notebook')
    return { 'text/plain': `[figure: ${titleOf(figure)}; await png(figure, 'figure.png') makes a picture of it]` };
  showLoaderOnce(screen);
  return figureBundle(figure, `figure-${randomUUID()}`);
}

function isDisplayable(thing: object): thing is Displayable {
  return inJupyter in thing;
}

function isFigure(thing: object): thing is Figure {
  return 'data' in thing && Array.isArray(thing.data) && 'layout' in thing && typeof thing.layout === 'object';
}

/** Watchers have figures, summaries have tables. */
function offers<Name extends string>(name: Name, thing: object): thing is { readonly [N in Name]: () => unknown } {
  return typeof (thing as Readonly<Record<string, unknown>>)[name] === 'function';
}

/** What a thing says of itself in a line, if it does. */
function inWords(thing: object): string {
  return thing.toString === Object.prototype.toString ? '' : `${thing}`;
}

function isTable(thing: object): thing is Tabular {
  return ['numRows', 'columnNames', 'get'].every((name) => typeof (thing as Readonly<Record<string, unknown>>)[name] === 'function');
}

function isPlan(thing: object): thing is SavePlan {
  return 'segments' in thing && 'policy' in thing;
}

function isRecords(thing: object): thing is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(thing) && thing.length > 0 && thing.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row));
}
