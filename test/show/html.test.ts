import { describe, expect, it } from 'vitest';
import { html } from '../../kernel-lib/show/html';
import { page } from '../../kernel-lib/show/page';

describe('html', () => {
  it('escapes what is put in', () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    expect(html`<td title="${evil}">${evil}</td>`.text).not.toMatch(/<img|onerror="|'1'|&(?!#\d+;)/);
  });

  it('keeps markup that it made itself, also in lists', () => {
    expect(html`<ul>${['a', 'b'].map((x) => html`<li>${x}</li>`)}</ul>`.text).toBe('<ul><li>a</li><li>b</li></ul>');
  });
});

describe('a page', () => {
  it('escapes its title and forbids itself to load anything', () => {
    const text = page('a <b> page', html`<p>hello</p>`);
    expect(text).toContain('<title>a &#60;b&#62; page</title>');
    expect(text).toContain("default-src 'none'");
    expect(text).not.toMatch(/https?:|\ssrc=|\shref=/);
  });
});
