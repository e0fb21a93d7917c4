import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEJAVU_SANS, DEJAVU_SANS_MONO } from '../../../kernel-lib/show/static/files';
import { textWidth } from '../../../kernel-lib/show/static/text-width';

describe('the width of a text', () => {
  const sans = textWidth(readFileSync(DEJAVU_SANS()));

  // advances of DejaVu Sans 2.37 in 2048ths of an em
  it.each([
    ['i', 569],
    ['M', 1767],
    ['0', 1303],
    ['−', 1716],
    ['', 0],
    ['Mi', 2336],
  ])("of '%s' is what the font says", (text, units) => {
    expect(sans(text, 2048)).toBe(units);
    expect(sans(text, 12)).toBeCloseTo((12 * units) / 2048, 9);
  });

  it('is the same for every character of a monospaced font', () => {
    const mono = textWidth(readFileSync(DEJAVU_SANS_MONO()));
    expect([...'iMé0→'].map((c) => mono(c, 2048))).toEqual([1233, 1233, 1233, 1233, 1233]);
  });
});
