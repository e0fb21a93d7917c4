import { Html, html } from '../../show/html';
import type { Bundle } from '../../show/screens/screen';
import type { Output } from './outputs';
import type { PageTools } from './page-tools';
import { type Text, textOf } from './text';

/**
 * An output in its richest form. Its `text/html` stands as it is, scripts and all: it was made by the code above it, which has just run.
 * Everything else is escaped.
 */
export function outputMarkup(output: Output, tools: PageTools): Html {
  const text = (content: string, kind: string) => html`<pre class="output ${kind}">${new Html(tools.coloured(content))}</pre>\n`;
  if (output.output_type === 'stream') return text(textOf(output.text), output.name);
  if (output.output_type === 'error') return text(output.traceback.join('\n'), 'failure');
  const { data } = output;
  return richest(data, tools) ?? text(formOf(data, 'text/plain') ?? '', 'plain');
}

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;

function richest(data: Bundle, { markdown }: PageTools): Html | undefined {
  const box = (content: string | Html) => html`<div class="output">${content instanceof Html ? content : new Html(content)}</div>\n`;
  const [markup, prose, formula, drawing] = ['text/html', 'text/markdown', 'text/latex', 'image/svg+xml'].map((mime) => formOf(data, mime));
  if (markup !== undefined) return box(markup);
  if (prose !== undefined) return box(markdown.render(prose));
  if (formula !== undefined) return box(markdown.render(`$$\n${formula.replace(/^[\s$]+|[\s$]+$/g, '')}\n$$`));
  const picture = PICTURES.find((mime) => formOf(data, mime) !== undefined);
  const alt = formOf(data, 'text/plain') ?? '';
  if (picture) return box(html`<img alt="${alt}" src="data:${picture};base64,${formOf(data, picture)!.replace(/\s/g, '')}">`);
  if (drawing !== undefined)
    return box(html`<img alt="${alt}" src="data:image/svg+xml;base64,${Buffer.from(drawing).toString('base64')}">`);
  return undefined;
}

function formOf(data: Bundle, mime: string): string | undefined {
  const form = data[mime];
  return typeof form === 'string' || Array.isArray(form) ? textOf(form as Text) : undefined;
}
