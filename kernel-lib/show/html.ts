/** Markup that may stand in a page as it is; text from anywhere else comes in through `html` and is escaped. */
export class Html {
  constructor(readonly text: string) {}
}

export type Part = Html | string | number | readonly Part[];

/**
 * Markup from a template; what is put into it is escaped unless it is `Html` itself.
 *
 * @example
 * html`<td>${name}</td>`
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, i) => text + (i < parts.length ? render(parts[i] as Part) : '')).join(''));
}

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return part.map(render).join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
