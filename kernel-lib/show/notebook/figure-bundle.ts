import type { Figure } from '../../watch/figure';
import { html } from '../html';
import { draw } from '../png';
import type { Bundle } from '../screens/screen';
import { type Sized, themed, titleOf } from '../theme';
import { drawScript } from './scripts';

const SCALE = 1.5; // pixels of the picture for one of the page: sharp enough, and small enough to keep in a notebook

/** A figure in all forms: a picture that a script makes live where scripts may run, the picture alone, and its title. */
export function figureBundle(figure: Figure, id: string): Bundle {
  const png = draw(figure, SCALE);
  return { ...liveBundle(figure, id, png.toString('base64')), 'image/png': png };
}

/** A figure for a page in which scripts run, with no picture unless one is given. */
export function liveBundle(figure: Figure, id: string, png?: string): Bundle {
  const sized = themed(figure);
  const title = titleOf(figure);
  const picture =
    png === undefined
      ? []
      : html`<img alt="${title}" width="${sized.width}" style="display:block;max-width:100%" src="data:image/png;base64,${png}">`;
  return {
    'text/html': html`<div id="${id}" style="${room(sized)}">${picture}</div>${drawScript(id, elastic(sized))}`.text,
    'text/plain': `[figure: ${title}]`,
  };
}

/** The figure as wide as its cell; updates of it keep what the reader zoomed to. */
export function elastic({ figure: { data, layout } }: Sized): Figure {
  return { data, layout: { uirevision: 'kept', ...layout, autosize: true } };
}

function room({ width, height }: Sized): string {
  return `width:100%;max-width:${width}px;min-height:${height}px`; // the height is there from the start, so that the page does not jump
}
