import { MesaError } from '../../errors';
import { pageJson } from '../page-json';
import type { Sized } from '../theme';
import { plotlyWindow } from './plotly-window';

/** A figure as an SVG document, drawn without a browser. */
export function svg({ figure, width, height }: Sized): string {
  const { Plotly, document } = plotlyWindow();
  const div = document.createElement('div');
  document.body.append(div);
  const { data, layout } = JSON.parse(pageJson(figure)) as typeof figure; // plotly writes into what it is given
  const forget = (): void => {
    Plotly.purge(div);
    div.remove();
  };
  try {
    const drawn = Plotly.newPlot(div, data, { ...layout, width, height, autosize: false }, { staticPlot: true });
    void drawn.then(forget, forget);
    return forResvg(Plotly.Snapshot.toSVG(div, 'svg', 1)); // all is drawn by now: with neither images nor fonts to load, plotly only tidies up later
  } catch (e) {
    forget();
    throw notDrawn(e);
  }
}

/** Plotly's own error would be printed with the line it came from, which is half a megabyte long. */
function notDrawn(e: unknown): MesaError {
  return new MesaError('figure-not-drawn', {
    says: `plotly cannot draw this figure: ${(e as Error).message ?? e}`,
    try: 'traces and a layout as in https://plotly.com/javascript/reference',
  });
}

/** What browsers accept and resvg does not: quoted references, and sharp pixels by style. */
function forResvg(text: string): string {
  return text
    .replace(/url\((?:'|&quot;)(#.*?)(?:'|&quot;)\)/g, 'url($1)')
    .replace(/style="image-rendering: pixelated;/g, 'image-rendering="optimizeSpeed" style="');
}
