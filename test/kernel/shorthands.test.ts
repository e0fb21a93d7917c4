import { createRequire } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const { spellOutShorthands } = createRequire(__filename)(join(__dirname, '../../notebooks/kernels/mesa-lab/shorthands.cjs')) as {
  spellOutShorthands(compiler: typeof ts, code: string): string;
};
const spelt = (code: string): string => spellOutShorthands(ts, code);

it('spells out shorthand properties, which tslab does not find in earlier cells', () => {
  expect(spelt('f({ steps, on: ({ step }) => ({ step, lr }) }); // { a }')).toBe(
    'f({ steps: steps, on: ({ step }) => ({ step: step, lr: lr }) }); // { a }',
  );
  expect(spelt('const { a, b } = { ...c, d: 1 };')).toBe('const { a, b } = { ...c, d: 1 };');
  expect(spelt('({ a, b = 1 } = c);')).toBe('({ a: a, b = 1 } = c);');
});
