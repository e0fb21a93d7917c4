import { describe, expect, it } from 'vitest';
import { parseTransform, transformed } from '../../../kernel-lib/show/static/affine';

const box = { left: 1, top: 2, right: 4, bottom: 6 };

describe('a transform', () => {
  it.each([
    ['', [1, 2, 4, 6]],
    ['translate(10, 20)', [11, 22, 14, 26]],
    ['translate(10)', [11, 2, 14, 6]],
    ['scale(2)', [2, 4, 8, 12]],
    ['scale(2 -1)', [2, -6, 8, -2]],
    ['rotate(90)', [-6, 1, -2, 4]],
    ['rotate(-90, 1, 2)', [1, -1, 5, 2]],
    ['matrix(0 1 1 0 5 6)', [7, 7, 11, 10]],
    ['translate(10,0) scale(2)', [12, 4, 18, 12]],
  ])("'%s' moves a box", (text, expected) => {
    const { left, top, right, bottom } = transformed(parseTransform(text), box);
    expect([left, top, right, bottom].map((x) => Number(x.toFixed(9)) + 0)).toEqual(expected);
  });
});
