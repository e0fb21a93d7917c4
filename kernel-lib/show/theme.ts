import type { Figure } from '../watch/figure';
import { type LegendEntry, legendHeight } from './legend';
import { logAxes } from './log-axes';
import { colourNamed, series } from './palette';
import { TEMPLATE } from './template';

/** A figure in our theme, and the size at which it is meant to be seen. */
export interface Sized {
  readonly figure: Figure;
  readonly width: number;
  readonly height: number;
}

/** As wide as a notebook's cell on a laptop. */
const SIZE = { width: 760, height: 400 } as const;

// Pixels.
const TITLE = 48;
const NOTE = 16;
const SIDES = 80;

/**
 * A figure in our theme: a template under what the figure says itself, room for its legend, and colours by name: a category or a policy
 * has the same one in every figure.
 */
export function themed({ data, layout }: Figure): Sized {
  const { width = SIZE.width, height: own = SIZE.height, margin, ...rest } = layout as Layout;
  const legend = rest.showlegend === false ? 0 : legendHeight(data, width - SIDES);
  const height = own + legend;
  const top = TITLE + legend + (rest.annotations?.some(isAboveAxes) ? NOTE : 0);
  return {
    width,
    height,
    figure: {
      data: data.map(drawn),
      layout: { template: TEMPLATE, ...rest, ...logAxes(data, rest), margin: { t: top, ...margin }, height },
    },
  };
}

/** The title's text, without plotly's tags. */
export function titleOf({ layout }: Figure): string {
  const { title } = layout as { readonly title?: string | { readonly text?: string } };
  return ((typeof title === 'string' ? title : title?.text) ?? 'figure').replace(/<[^>]*>/g, ' ').trim();
}

interface Layout {
  readonly width?: number;
  readonly height?: number;
  readonly margin?: object;
  readonly showlegend?: boolean;
  readonly annotations?: readonly { readonly y?: number; readonly yanchor?: string }[];
}

interface Trace extends LegendEntry {
  readonly stackgroup?: string;
  readonly line?: object;
  readonly marker?: object;
}

/** Colours begin anew after the last: from there on lines are dotted. */
function drawn(trace: Trace, index: number): object {
  const color = colourNamed(trace.name);
  const isLine = (trace.type ?? 'scatter') === 'scatter' && trace.stackgroup === undefined;
  if (!color) return isLine && index >= series.length ? { ...trace, line: { dash: 'dot', ...trace.line } } : trace;
  const area = trace.stackgroup === undefined ? {} : { fillcolor: color };
  return { ...area, ...trace, line: { color, ...trace.line }, marker: { color, ...trace.marker } };
}

function isAboveAxes({ y, yanchor }: { readonly y?: number; readonly yanchor?: string }): boolean {
  return y === 1 && yanchor === 'bottom';
}
