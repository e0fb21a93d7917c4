import { readFileSync } from 'node:fs';
import { extname, isAbsolute, relative, resolve } from 'node:path';
import { html } from '../../show/html';
import type { MarkdownToken, PageTools } from './page-tools';

const MIMES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
};

/** Pictures attached to a cell, or in the notebook's folder or below it, go into the page; of any other the page has the link. */
export function embedImages({ renderer }: PageTools['markdown'], folder: string): void {
  renderer.rules.image = (tokens, at, _, environment) => {
    const token = tokens[at] as MarkdownToken;
    const source = token.attrGet('src') ?? '';
    const inlined = source.startsWith('data:') ? source : (attached(source, environment) ?? beside(source, folder));
    if (inlined === undefined) return html`<a href="${source}">${token.content || source}</a>`.text;
    return html`<img alt="${token.content}" src="${inlined}">`.text;
  };
}

function attached(source: string, environment: object): string | undefined {
  if (!source.startsWith('attachment:')) return undefined;
  const { attachments } = environment as { attachments?: Readonly<Record<string, Readonly<Record<string, string>>>> };
  const [form] = Object.entries(attachments?.[decodeURIComponent(source.slice('attachment:'.length))] ?? {});
  return form && `data:${form[0]};base64,${form[1]}`;
}

function beside(source: string, folder: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(source)) return undefined;
  const path = resolve(folder, decodeURIComponent(source));
  const mime = MIMES[extname(path).toLowerCase()];
  const within = relative(folder, path);
  if (!mime || within.startsWith('..') || isAbsolute(within)) return undefined;
  try {
    return `data:${mime};base64,${readFileSync(path).toString('base64')}`;
  } catch {
    return undefined; // not there: the reader sees its name
  }
}
