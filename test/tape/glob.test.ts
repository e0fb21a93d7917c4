import { describe, expect, it } from 'vitest';
import { MesaError } from '../../kernel-lib/errors';
import { matches, select } from '../../kernel-lib/tape/glob';

describe('a glob', () => {
  it.each([
    ['blocks.0.attn.qkv.weight', 'blocks.0.attn.qkv.weight', true],
    ['blocks.*.attn.qkv.weight', 'blocks.11.attn.qkv.weight', true],
    ['blocks.*.weight', 'blocks.0.attn.weight', false],
    ['blocks.1*.out', 'blocks.11.out', true],
    ['blocks.1*.out', 'blocks.2.out', false],
    ['**', 'blocks.0.attn.qkv.weight', true],
    ['**', 'head', true],
    ['blocks.**', 'blocks.0.attn', true],
    ['blocks.**', 'blocksy.0', false],
    ['**.bias', 'blocks.0.attn.qkv.bias', true],
    ['**.bias', 'bias', true],
    ['**.bias', 'nobias', false],
    ['**.lora_*', 'blocks.0.attn.q.lora_a', true],
    ['blocks.**.norm*.bias', 'blocks.0.norm1.bias', true],
    ['blocks.**.weight', 'blocks.0.mlp.fc1.weight', true],
    ['blocks.*', 'blocks.0.attn', false],
    ['a+b', 'aab', false],
    ['a(b', 'a(b', true],
  ])('%s on %s: %s', (glob, name, expected) => {
    expect(matches(glob, name)).toBe(expected);
  });

  it('selects names in their order', () => {
    expect(select('*.b', ['2.b', '1.a', '1.b'])).toEqual(['2.b', '1.b']);
  });

  it('that matches nothing is an error that shows near names', () => {
    const names = ['blocks.0.attn.qkv.weight', 'blocks.0.attn.qkv.bias', 'head.weight', 'head.bias'];
    expect(() => select('blocks.*.attn.qvk.weight', names)).toThrow(MesaError);
    expect(() => select('heads.weight', names)).toThrowErrorMatchingInlineSnapshot(
      `[MesaError: 'heads.weight' matches none of 4 names (try 'head.weight', 'blocks.0.attn.qkv.weight', 'head.bias') [glob-matches-nothing]]`,
    );
  });
});
