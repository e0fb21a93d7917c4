import { describe, expect, it } from 'vitest';
import { pageJson } from '../../kernel-lib/show/page-json';

describe('JSON for a page', () => {
  it('holds nothing that ends a script or starts a tag, and means the same', () => {
    const evil = { '</script>': '<!--<script>\u2028\u2029' };
    expect(pageJson(evil)).not.toMatch(/[<\u2028\u2029]/);
    expect(JSON.parse(pageJson(evil))).toEqual(evil);
  });

  it('has typed arrays as lists, with the digits of float32', () => {
    expect(pageJson({ y: new Float32Array([0.1, 3, 1e-9]) })).toBe('{"y":[0.1,3,1e-9]}');
  });

  it('keeps whole numbers whole and has null for what is not finite', () => {
    expect(pageJson([1234567891234, 1 / 3, Number.NaN, Infinity])).toBe('[1234567891234,0.3333333,null,null]');
  });
});
