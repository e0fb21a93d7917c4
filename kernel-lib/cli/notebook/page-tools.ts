import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MesaError } from '../../errors';
import { kernelFolder } from './cell-process';

/** What a page needs of packages that notebooks/ brings; a library that only trains does without them. */
export interface PageTools {
  /** Markdown with formulas as MathML; markup inside it stays text. */
  readonly markdown: {
    render(text: string, environment?: object): string;
    readonly renderer: { readonly rules: Record<string, RenderRule | undefined> };
  };
  /** Source code as escaped markup with classes. */
  highlight(code: string, language: string): string;
  /** Text with the colours of a terminal as escaped markup. */
  coloured(text: string): string;
  /** Style sheet of the classes. */
  readonly theme: string;
}

export interface MarkdownToken {
  readonly content: string;
  attrGet(name: string): string | null;
}

export type RenderRule = (tokens: readonly MarkdownToken[], at: number, options: object, environment: object) => string;

interface Highlighter {
  registerLanguage(name: string, language: unknown): void;
  getLanguage(name: string): object | undefined;
  highlight(code: string, options: { readonly language: string }): { readonly value: string };
}

const LANGUAGES = ['typescript', 'json', 'bash', 'python'] as const;

/** Loads them from notebooks/, else from above the notebook. */
export async function loadPageTools(folder: string): Promise<PageTools> {
  const load = async (name: string) => {
    const module = await import(pathToFileURL(resolveFrom([kernelFolder, folder], name)).href);
    return module.default?.default ?? module.default ?? module;
  };
  const highlighter: Highlighter = await load('highlight.js/lib/core');
  for (const name of LANGUAGES) highlighter.registerLanguage(name, await load(`highlight.js/lib/languages/${name}`));
  const MarkdownIt = await load('markdown-it');
  const { AnsiUp } = await import(pathToFileURL(resolveFrom([kernelFolder, folder], 'ansi_up')).href);
  const { readFile } = await import('node:fs/promises');
  const highlight = (code: string, language: string) =>
    highlighter.getLanguage(language) ? highlighter.highlight(code, { language }).value : '';
  const markdown = new MarkdownIt({ html: false, linkify: true, highlight });
  markdown.use(await load('@vscode/markdown-it-katex'), { output: 'mathml', throwOnError: false });
  return {
    markdown,
    highlight,
    coloured: (text) => new AnsiUp().ansi_to_html(text),
    theme: await readFile(resolveFrom([kernelFolder, folder], 'highlight.js/styles/github.min.css'), 'utf8'),
  };
}

function resolveFrom(folders: readonly string[], name: string): string {
  for (const folder of folders) {
    try {
      return createRequire(join(folder, 'here.js')).resolve(name);
    } catch {} // the next one
  }
  const says = `a page needs ${name}, which is not installed above ${folders.join(' nor ')}`;
  throw new MesaError('page-tools-missing', { says, try: 'npm ci --prefix notebooks' });
}
