import { pageJson } from '../page-json';
import type { Sized } from '../theme';
import { plotlyWindow } from './plotly-window';

/** A figure as an SVG document, drawn without a browser. */
export function svg({ figure, width, height }: Sized): string {
  const { Plotly, document } = plotlyWindow();
  const div = document.createElement('div');
  document.body.append(div);
  const { data, layout } = JSON.parse(pageJson(figure)) as typeof figure; // plotly writes into what it is given
  const drawn = Plotly.newPlot(div, data, { ...layout, width, height, autosize: false }, { staticPlot: true });
  const forget = (): void => {
    Plotly.purge(div);
    div.remove();
  };
  void drawn.then(forget, forget);
  return forResvg(Plotly.Snapshot.toSVG(div, 'svg', 1)); // all is drawn by now: with neither images nor fonts to load, plotly only tidies up later
}

/** What browsers accept and resvg does not: quoted references, and sharp pixels by style. */
function forResvg(text: string): string {
  return text
    .replace(/url\((?:'|&quot;)(#.*?)(?:'|&quot;)\)/g, 'url($1)')
    .replace(/style="image-rendering: pixelated;/g, 'image-rendering="optimizeSpeed" style="');
}
