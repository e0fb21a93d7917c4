import type { Figure } from '../watch/figure';
import { colourNamed, diverging, sequential, series } from './palette';

/** A figure in our theme, and the size at which it is meant to be seen. */
export interface Sized {
  readonly figure: Figure;
  readonly width: number;
  readonly height: number;
}

/** As wide as a notebook's cell on a laptop. */
const SIZE = { width: 760, height: 420 } as const;

export const FONT = 'DejaVu Sans, Verdana, sans-serif';

const AXIS = {
  automargin: true,
  gridcolor: '#ececec',
  zerolinecolor: '#d9d9d9',
  linecolor: '#999999',
  showline: true,
  ticks: 'outside',
  ticklen: 4,
  tickcolor: '#999999',
  tickfont: { color: '#555555', size: 11 },
  title: { font: { size: 12, color: '#444444' }, standoff: 10 },
  exponentformat: 'power',
  separatethousands: true,
  minorloglabels: 'none',
};

const COLOUR_BAR = { outlinewidth: 0, thickness: 12, ticklen: 3, tickfont: { color: '#555555', size: 11 }, title: { side: 'right' } };

/** Quiet: thin grey lines, text in one font, colours that every kind of colour vision tells apart. */
const TEMPLATE = {
  layout: {
    font: { family: FONT, size: 12, color: '#333333' },
    title: {
      x: 0,
      xref: 'container',
      xanchor: 'left',
      y: 1,
      yref: 'container',
      yanchor: 'top',
      pad: { l: 14, t: 14 },
      font: { size: 15, color: '#222222' },
    },
    paper_bgcolor: 'white',
    plot_bgcolor: 'white',
    colorway: series,
    colorscale: { sequential, sequentialminus: sequential, diverging },
    xaxis: AXIS,
    yaxis: AXIS,
    margin: { l: 60, r: 24, b: 48 },
    legend: { orientation: 'h', x: 0, xanchor: 'left', y: 1.02, yanchor: 'bottom', font: { size: 11 } },
    hoverlabel: { font: { family: FONT, size: 11 } },
    annotationdefaults: { font: { size: 11, color: '#444444' } },
    coloraxis: { colorbar: COLOUR_BAR },
  },
  data: {
    scatter: [{ line: { width: 1.8 }, marker: { size: 5 } }],
    bar: [{ marker: { line: { width: 0 } } }],
    heatmap: [{ colorbar: COLOUR_BAR, colorscale: sequential }],
  },
};

/** Room above the axes for the title, and for a legend under it. */
const TOP = { title: 48, legend: 28 } as const;

/** Our theme under what the figure says itself, and colours by name: a category or a policy has the same one in every figure. */
export function themed({ data, layout }: Figure): Sized {
  const { width = SIZE.width, height = SIZE.height, margin, ...rest } = layout as Layout;
  const top = TOP.title + (data.filter(isInLegend).length > 1 ? TOP.legend : 0);
  return {
    width,
    height,
    figure: { data: data.map(coloured), layout: { template: TEMPLATE, ...rest, margin: { t: top, ...margin }, height } },
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
}

interface Trace {
  readonly type?: string;
  readonly showlegend?: boolean;
  readonly name?: string;
  readonly stackgroup?: string;
  readonly line?: object;
  readonly marker?: object;
}

function isInLegend({ type, name, showlegend }: Trace): boolean {
  return type !== 'heatmap' && name !== undefined && showlegend !== false;
}

function coloured(trace: Trace): object {
  const color = colourNamed(trace.name);
  if (!color) return trace;
  const area = trace.stackgroup === undefined ? {} : { fillcolor: color };
  return { ...area, ...trace, line: { color, ...trace.line }, marker: { color, ...trace.marker } };
}
