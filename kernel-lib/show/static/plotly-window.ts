import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { giveBoxes } from './boxes';
import { giveCanvas } from './canvas';
import type { DomElement, DomWindow } from './dom';
import { DEJAVU_SANS, PLOTLY } from './files';
import { givePathLengths } from './path-length';
import { textWidth } from './text-width';

/** A page without a browser, with plotly in it. */
export interface PlotlyWindow extends DomWindow {
  readonly Plotly: {
    newPlot(div: DomElement, data: readonly object[], layout: object, config: object): Promise<unknown>;
    purge(div: DomElement): void;
    readonly Snapshot: { toSVG(div: DomElement, format: 'svg', scale: number): string };
  };
}

interface Jsdom {
  readonly JSDOM: new (page: string, options: object) => { readonly window: PlotlyWindow };
}

let loaded: PlotlyWindow | undefined;

/** Loads jsdom and plotly when the first picture is drawn (about a second, 150 MB); later pictures share the page. */
export function plotlyWindow(): PlotlyWindow {
  loaded ??= load();
  return loaded;
}

function load(): PlotlyWindow {
  const { JSDOM } = createRequire(__filename)('jsdom') as Jsdom;
  const { window } = new JSDOM('<!doctype html><body></body>', { runScripts: 'outside-only', pretendToBeVisual: true });
  giveBoxes(window, textWidth(readFileSync(DEJAVU_SANS())));
  givePathLengths(window);
  giveCanvas(window);
  loadImagesAtOnce(window);
  Object.assign(window.URL, { createObjectURL: () => '', revokeObjectURL() {} });
  window.eval(readFileSync(PLOTLY(), 'utf8'));
  return window;
}

/** jsdom loads no images; plotly waits until they are there. Pictures in layouts are data URIs, which need no loading. */
function loadImagesAtOnce({ HTMLImageElement }: DomWindow): void {
  Object.defineProperty(HTMLImageElement.prototype, 'src', {
    configurable: true,
    get(this: DomElement) {
      return this.getAttribute('src');
    },
    set(this: DomElement & { setAttribute(name: string, value: string): void }, value: string) {
      this.setAttribute('src', value);
    },
  });
  const setAttribute = (HTMLImageElement.prototype as { setAttribute(name: string, value: string): void }).setAttribute;
  Object.assign(HTMLImageElement.prototype, {
    setAttribute(this: { onload?: (() => void) | null }, name: string, value: string) {
      setAttribute.call(this, name, value);
      if (name === 'src') this.onload?.();
    },
  });
}
