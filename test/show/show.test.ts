import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { vit } from '../../kernel-lib/models/vit';
import { inJupyter } from '../../kernel-lib/show/display';
import { live } from '../../kernel-lib/show/live';
import { loaderBundle } from '../../kernel-lib/show/notebook/loader';
import type { Bundle, Screen } from '../../kernel-lib/show/screens/screen';
import { textScreen } from '../../kernel-lib/show/screens/text';
import { bundleOf, show } from '../../kernel-lib/show/show';
import { recordsTable } from '../../kernel-lib/show/table';
import { resolve } from '../../kernel-lib/tape/plan';
import { policies } from '../../kernel-lib/tape/policies';
import { notebook } from './notebook';

const { JSDOM } = createRequire(__filename)('jsdom');

const EVIL = `</script><script>hacked()</script><img src=x onerror="hacked()"><a href="javascript:hacked()">"'`;

const figure = (name: string) => ({
  data: [{ type: 'scatter', mode: 'lines', name, x: [1, 2, 3], y: [3, 1, 2] }],
  layout: { title: { text: name }, xaxis: { title: { text: `step ${name}` } }, yaxis: { title: { text: 'loss (nats)' } }, height: 200 },
});

/** Elements of a piece of a page, as a browser would make them, and code that would run. */
function parsed(markup: unknown) {
  const { document } = new JSDOM(`<body>${markup}</body>`).window;
  const elements = [...document.body.querySelectorAll('*')] as { localName: string; attributes: { name: string }[]; textContent: string }[];
  return {
    names: elements.map((e) => e.localName),
    handlers: elements.flatMap((e) => [...e.attributes].map((a) => a.name)).filter((name) => name.startsWith('on')),
    document,
  };
}

/** What the script draws. */
function jsonIn(document: { querySelector(selector: string): { textContent: string } }): string {
  return /figure = (\{.*\});\n/.exec(document.querySelector('script').textContent)?.[1] as string;
}

const text = (thing: unknown): string => {
  let written = '';
  show(thing, { screen: textScreen({ write: (t) => (written += t) }) });
  return written;
};

describe('a figure in a notebook', () => {
  const screen = notebook();
  show(figure('a & b'), { screen });
  show(figure(EVIL), { screen });
  const [loader, plain, hostile] = screen.sent.map(({ bundle }) => bundle);

  it('comes after plotly, which comes once', () => {
    expect(screen.sent).toHaveLength(3);
    const packed = /atob\("([^"]*)"\)/.exec(String(loader?.['text/html']))?.[1] as string;
    expect(gunzipSync(Buffer.from(packed, 'base64')).toString('utf8')).toContain('plotly.js (cartesian - minified) v4');
    expect(String(loader?.['text/html']).length).toBeLessThan(700_000);
    expect(loader?.['text/html']).not.toMatch(/\ssrc=|https?:/);
  });

  it('is a picture inside the place of the plot, a script that draws it, the picture alone, and a text', () => {
    const { names, document } = parsed(plain?.['text/html']);
    expect(names).toEqual(['div', 'img', 'script']);
    const [div, img] = [document.querySelector('div'), document.querySelector('div > img')];
    expect(div.getAttribute('style')).toContain('min-height:200px');
    expect(img.getAttribute('src')).toBe(`data:image/png;base64,${plain?.['image/png']}`);
    expect(img.getAttribute('alt')).toBe('a & b');
    expect(plain?.['text/plain']).toBe('[figure: a & b]');
    expect(
      Buffer.from(plain?.['image/png'] as string, 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });

  it('carries its data and layout into the script', () => {
    const { document } = parsed(plain?.['text/html']);
    expect(JSON.parse(jsonIn(document))).toMatchObject({
      data: figure('a & b').data,
      layout: { height: 200, autosize: true, xaxis: { title: { text: 'step a & b' } } },
    });
  });

  it('has no active part but its own script, whatever its labels say', () => {
    const { names, handlers, document } = parsed(hostile?.['text/html']);
    expect(names).toEqual(['div', 'img', 'script']);
    expect(handlers).toEqual([]);
    expect(jsonIn(document)).not.toMatch(/<|\\u003ca /);
    expect(() => new Function(document.querySelector('script').textContent)).not.toThrow();
  });
});

describe('a live figure', () => {
  it('is drawn once and then only given new data, until it is done', async () => {
    const screen = notebook();
    const view = live(figure('loss'), screen);
    const before = screen.sent.length;
    view.update(figure('too soon'));
    await new Promise((resolve) => setTimeout(resolve, 160));
    view.update(figure(EVIL));
    view.update(figure('last'));
    expect(screen.sent).toHaveLength(before + 1);
    const { bundle } = screen.sent.at(-1) as (typeof screen.sent)[number];
    expect(parsed(bundle['text/html']).names).toEqual(['script']);
    expect(bundle['text/html']).toContain('"uirevision":"kept"');
    expect(bundle).not.toHaveProperty('image/png');

    view.done();
    const [cleared, whole] = screen.sent.slice(-2);
    expect(cleared?.bundle['text/html']).toBe('<span></span>');
    expect([whole?.what, whole?.id]).toEqual(['update', screen.sent[before - 2]?.id]);
    expect(whole?.bundle['text/plain']).toBe('[figure: last]');
    expect(whole?.bundle['image/png']).toBeTypeOf('string');
  });

  it('is shown when it is done where nothing can be replaced', () => {
    const written: string[] = [];
    const view = live(figure('first'), textScreen({ write: (t) => written.push(t) }));
    view.update(figure('second'));
    expect(written).toEqual([]);
    view.done();
    expect(written.join('')).toContain('[figure: second;');
  });
});

describe('the loader', () => {
  it('says what untrusted notebooks show, and changes that where scripts run', () => {
    const { document, names } = parsed(loaderBundle()['text/html']);
    expect(names).toEqual(['small', 'script']);
    expect(document.querySelector('small').textContent).toContain('not trusted');
    expect(document.querySelector('script').textContent).toContain("note.textContent = 'figures: interactive'");
  });
});

describe('show', () => {
  it('finds the figure of a watcher', () => {
    expect(text({ figure: () => figure('norms') })).toContain('[figure: norms;');
  });

  it('shows the table of a summary and what it says of itself', () => {
    const summary = { table: () => recordsTable([{ layer: 'head' }]), toString: () => '10 parameters' };
    expect(text(summary)).toBe('layer\n-----\nhead\n10 parameters\n');
  });

  it('shows a save plan as a table of values, with its sum', () => {
    const plan = resolve(vit({ depth: 1 }), policies.mesa(), () => true);
    expect(text(plan)).toMatch(/blocks\.0 +blocks\.0\.attn\.q +8 bit, head, running, stochastic.*of \d+ rows\npolicy mesa: \d+ bytes/s);
    const { 'text/html': markup } = bundleOf(plan, { screen: notebook(), limit: 2 }) as Bundle;
    expect(parsed(markup).names.filter((name) => name === 'tr')).toHaveLength(3);
    expect(markup).toMatch(/<small>2 of \d+ rows<\/small>.*<small>policy mesa: /s);
  });

  it('leaves what it knows nothing of to the kernel', () => {
    expect([bundleOf({ step: 1 }), bundleOf([1, 2]), bundleOf(7), bundleOf(null)]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('writes text as it is, also what looks like a tag', () => {
    expect(text(EVIL)).toBe(`${EVIL}\n`);
  });

  it('makes a table of records and prints other things', () => {
    expect(text([{ step: 1, loss: 0.5 }])).toBe('step   loss\n----  -----\n   1  0.500\n');
    expect(text({ step: 1 })).toBe('{ step: 1 }\n');
    expect(text([1, 2])).toBe('[ 1, 2 ]\n');
    expect(text(undefined)).toBe('undefined\n');
  });

  it('asks a thing that displays itself, also when it takes its time', async () => {
    const screen: Screen & { sent: { bundle: unknown }[] } = notebook();
    show({ [inJupyter]: () => ({ 'text/plain': 'now' }) }, { screen });
    show({ [inJupyter]: async () => ({ 'text/plain': 'later' }) }, { screen });
    show({ [inJupyter]: () => Promise.reject(new Error('broken')) }, { screen });
    await new Promise(setImmediate);
    expect(screen.sent.map(({ bundle }) => bundle)).toEqual(['now', 'later', 'Error: broken'].map((t) => ({ 'text/plain': t })));
  });
});
