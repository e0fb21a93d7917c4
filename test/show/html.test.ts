import { describe, expect, it } from 'vitest';
import { html } from '../../kernel-lib/show/html';

describe('html', () => {
  it('escapes what is put in', () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    expect(html`<td title="${evil}">${evil}</td>`.text).not.toMatch(/<img|onerror="|'1'|&(?!#\d+;)/);
  });

  it('keeps markup that it made itself, also in lists', () => {
    expect(html`<ul>${['a', 'b'].map((x) => html`<li>${x}</li>`)}</ul>`.text).toBe('<ul><li>a</li><li>b</li></ul>');
  });
});
