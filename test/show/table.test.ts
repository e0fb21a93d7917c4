import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { column } from '../../kernel-lib/show/column';
import { recordsTable, tableBundle } from '../../kernel-lib/show/table';

describe('a column', () => {
  it.each([
    ['whole numbers', [1, 20, 1234567], ['1', '20', '1,234,567']],
    ['fractions by the smallest', [0.0123, 1.5, 100], ['0.0123', '1.5000', '100.0000']],
    ['large fractions', [1234.5, 250], ['1,235', '250']],
    ['tiny numbers', [1.234e-8, 0], ['1.23e-8', '0']],
    ['gaps and what is not finite', [1, null, undefined, Number.NaN, -Infinity], ['1', '', '', 'NaN', '-Infinity']],
    ['nothing but zero', [0, 0], ['0', '0']],
  ])('of numbers: %s', (_, values, cells) => {
    expect(column(values)).toEqual({ isNumeric: true, cells });
  });

  it.each([
    ['text', ['q', 'k'], ['q', 'k']],
    ['text and numbers', ['q', 1.5], ['q', '1.5']],
    ['lists', [[1, 2], null], ['[1,2]', '']],
    ['nothing', [null], ['']],
    ['truths', [true, false], ['true', 'false']],
  ])('of other things: %s', (_, values, cells) => {
    expect(column(values)).toEqual({ isNumeric: false, cells });
  });
});

describe('a table', () => {
  const rows = Array.from({ length: 1500 }, (_, step) => ({ step, value: `q${step}` }));

  it('is text with numbers to the right', () => {
    const { 'text/plain': text } = tableBundle(
      recordsTable([
        { value: 'q', rmse: 0.5 },
        { value: 'hidden', rmse: 10 },
      ]),
      20,
    );
    expect(text).toBe(['value     rmse', '------  ------', 'q        0.500', 'hidden  10.000'].join('\n'));
  });

  it('ends at the limit and says so', () => {
    const bundle = tableBundle(recordsTable(rows), 3);
    expect(bundle['text/plain']).toMatch(/q2\n3 of 1,500 rows$/);
    expect(String(bundle['text/html']).match(/<tr>/g)).toHaveLength(4);
    expect(bundle['text/html']).toContain('3 of 1,500 rows');
    expect(tableBundle(recordsTable(rows), 2000)['text/html']).not.toContain(' rows');
  });

  it('escapes what it shows', () => {
    const { 'text/html': markup } = tableBundle(recordsTable([{ '<b>': '<img src=x onerror=alert(1)>' }]), 20);
    expect(markup).not.toMatch(/<b>|<img/);
    expect(markup).toContain('<td align="left">&#60;img src=x');
  });

  it('of arquero is shown as filtered and ordered', () => {
    const { desc, from } = createRequire(__filename)('arquero');
    const some = from(rows.slice(0, 10)).filter('d => d.step % 2 === 0').orderby(desc('step'));
    expect(tableBundle(some, 2)['text/plain']).toBe(['step  value', '----  -----', '   8  q8', '   6  q6', '2 of 5 rows'].join('\n'));
  });

  it('has a column for every key of its records', () => {
    expect(tableBundle(recordsTable([{ a: 1 }, { b: 'x' }]), 9)['text/plain']).toBe(['a  b', '-  -', '1', '   x'].join('\n'));
  });
});
