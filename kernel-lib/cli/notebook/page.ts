import { Html, html } from '../../show/html';
import type { Cell, Notebook } from './notebook';
import { outputMarkup } from './output-markup';
import { embedImages } from './page-images';
import type { PageTools } from './page-tools';
import { textOf } from './text';

// Scripts are those of the figures; nothing is loaded from anywhere.
const CONTENT = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:";

const STYLE = `
:root { color: #222; background: #fff; font: 16px/1.6 system-ui, sans-serif }
body { max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.9rem; line-height: 1.2 } h2 { font-size: 1.35rem; margin-top: 2.2rem } h3 { font-size: 1.1rem }
p, li { max-width: 46rem } a { color: #0645ad } img { max-width: 100% }
blockquote { border-left: 3px solid #ccc; margin-left: 0; padding-left: 1rem; color: #555 }
pre, code { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
p code, li code, td code { background: #f3f4f6; padding: .1em .3em; border-radius: 3px }
pre { margin: .4rem 0; overflow-x: auto }
.code { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr); margin: 1rem 0 }
.count { color: #999; font: 12px/2.6 ui-monospace, monospace } .cell { min-width: 0 }
pre.source, .prose pre { background: #f6f8fa; border: 1px solid #e5e7eb; border-radius: 4px; padding: .55rem .75rem }
.output { margin: .4rem 0; overflow-x: auto } pre.output { white-space: pre-wrap; max-height: 32rem; overflow: auto }
.stderr { background: #fff6f5 } .failure { background: #fdeeee; border-left: 3px solid #c33; padding: .5rem .75rem }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums } td, th { border-bottom: 1px solid #e4e4e4; padding: .25rem .7rem }
math[display="block"] { margin: .8rem 0 }
`;

/** A notebook with its outputs as one page that needs nothing beside itself; pictures beside the notebook become part of it. */
export function notebookPage(notebook: Notebook, folder: string, fallbackTitle: string, tools: PageTools): string {
  embedImages(tools.markdown, folder);
  const cells = notebook.cells.map((cell) => cellMarkup(cell, tools));
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${CONTENT}"><title>${titleOf(notebook) ?? fallbackTitle}</title>
<style>${new Html(tools.theme + STYLE)}</style></head>
<body>
${cells}</body></html>
`.text;
}

function cellMarkup(cell: Cell, tools: PageTools): Html {
  const source = textOf(cell.source);
  if (cell.cell_type === 'markdown')
    return html`<div class="prose">${new Html(tools.markdown.render(source, { attachments: cell.attachments }))}</div>\n`;
  if (cell.cell_type !== 'code') return html`<pre>${source}</pre>\n`;
  const code = new Html(tools.highlight(source, 'typescript'));
  const outputs = (cell.outputs ?? []).map((output) => outputMarkup(output, tools));
  const count = `[${cell.execution_count ?? ' '}]`;
  return html`<div class="code"><div class="count">${count}</div><div class="cell"><pre class="source"><code>${code}</code></pre>
${outputs}</div></div>\n`;
}

/** The first heading. */
function titleOf({ cells }: Notebook): string | undefined {
  const prose = cells.filter(({ cell_type }) => cell_type === 'markdown').map(({ source }) => textOf(source));
  return /^# (.+)$/m.exec(prose.join('\n'))?.[1]?.trim();
}
