import { diverging, sequential, series } from './palette';

const FONT = 'DejaVu Sans, Verdana, sans-serif';

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
};

const COLOUR_BAR = { outlinewidth: 0, thickness: 12, ticklen: 3, tickfont: { color: '#555555', size: 11 }, title: { side: 'right' } };

/** Quiet: thin grey lines, text in one font, colours that every kind of colour vision tells apart. */
export const TEMPLATE: object = {
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
    coloraxis: { colorbar: COLOUR_BAR, colorscale: sequential, autocolorscale: false },
  },
  data: {
    scatter: [{ line: { width: 1.8 }, marker: { size: 5 } }],
    bar: [{ marker: { line: { width: 0 } } }],
    heatmap: [{ colorbar: COLOUR_BAR, colorscale: sequential, autocolorscale: false }],
  },
};
