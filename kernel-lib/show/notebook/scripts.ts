import type { Figure } from '../../watch/figure';
import { Html } from '../html';
import { pageJson } from '../page-json';

// What runs in the reader's browser, in words that every browser of the last five years knows.

const CONFIG = pageJson({ responsive: true, displaylogo: false });

/** Unpacks plotly, once a page: `mesaLabPlotly` is then a promise of it. Another plotly of the page stays as it was. */
export function loaderScript(packedPlotly: string): Html {
  return script(`
  var note = document.currentScript && document.currentScript.previousElementSibling;
  if (note) note.textContent = 'figures: interactive';
  if (window.mesaLabPlotly) return;
  window.mesaLabPlotly = (async function () {
    var packed = Uint8Array.from(atob(${pageJson(packedPlotly)}), function (c) { return c.charCodeAt(0); });
    var code = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    var tag = document.createElement('script'), other = window.Plotly;
    tag.textContent = await new Response(code).text();
    document.head.appendChild(tag);
    var ours = window.Plotly;
    if (other) window.Plotly = other;
    return ours;
  })();`);
}

/**
 * Puts a live plot in the place of the picture before this script; the picture stays where that fails. A zoom survives when the same
 * figure is drawn anew.
 */
export function drawScript(id: string, figure: Figure): Html {
  return script(`
  var id = ${pageJson(id)}, figure = ${figureJson(figure)};
  var div = document.currentScript && document.currentScript.previousElementSibling, tries = 0;
  if (!div || div.id !== id) div = document.getElementById(id);
  var views = window.mesaLabViews = window.mesaLabViews || {};
  function draw(P) {
    var picture = Array.from(div.childNodes);
    div.textContent = '';
    return P.newPlot(div, figure.data, figure.layout, ${CONFIG}).then(function () {
      div.on('plotly_relayout', function (change) {
        var whole = Object.keys(change).some(function (key) { return /autorange$/.test(key); });
        views[id] = whole ? {} : Object.assign(views[id] || {}, change);
      });
      if (views[id]) return P.relayout(div, views[id]);
    }).catch(function () { div.replaceChildren.apply(div, picture); });
  }
  (function wait() {
    if (window.mesaLabPlotly) window.mesaLabPlotly.then(draw);
    else if (tries++ < 600) setTimeout(wait, 100);
  })();`);
}

/** Gives a plot that is there new data, and leaves its zoom. */
export function reactScript(id: string, figure: Figure): Html {
  return script(`
  var id = ${pageJson(id)}, figure = ${figureJson(figure)};
  if (window.mesaLabPlotly) window.mesaLabPlotly.then(function (P) {
    document.querySelectorAll('[id="' + id + '"]').forEach(function (div) { P.react(div, figure.data, figure.layout, ${CONFIG}); });
  });`);
}

function script(body: string): Html {
  return new Html(`<script>(function () {${body}\n})();</script>`);
}

/** No more of a figure than plotly needs (figures may carry methods), and no links: plotly would make them of `<a>` in labels. */
function figureJson({ data, layout }: Figure): string {
  return pageJson({ data, layout }).replace(/\\u003c(?=a\b)/gi, '&lt;');
}
