import { describe, expect, it } from 'vitest';
import { duration, mebibytes, percent } from '../../kernel-lib/show/format';
import { progress } from '../../kernel-lib/show/progress';
import { textTable } from '../../kernel-lib/show/text-table';

describe('numbers', () => {
  it.each([
    [mebibytes(139_145_216), '133 MiB'],
    [mebibytes(10_000_000), '9.54 MiB'],
    [mebibytes(0), '0 MiB'],
    [percent(0.97312), '97.31 %'],
    [duration(384.4), '384 ms'],
    [duration(12_440), '12.4 s'],
    [duration(125_000), '2 min 05 s'],
    [duration(7_500_000), '2 h 05 min'],
    [duration(9.2 * 86_400_000), '9 days 4 h'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});

describe('a table', () => {
  it('lines up names to the left and numbers to the right', () => {
    expect(
      textTable(
        ['policy', 'MiB'],
        [
          ['exact', '9'],
          ['checkpoint', '123'],
        ],
      ),
    ).toBe(['policy      MiB', '----------  ---', 'exact         9', 'checkpoint  123'].join('\n'));
  });
});

describe('progress', () => {
  const shown = (isTTY: boolean): string => {
    const written: string[] = [];
    const bar = progress('training', 50, { isTTY, write: (text) => written.push(text) });
    for (let i = 1; i <= 50; i++) bar.update(i, 'loss 1');
    bar.end('done');
    return written.join('');
  };

  it('writes a line every tenth where it is not a terminal', () => {
    expect(shown(false).split('\n')).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `training ${(i + 1) * 10} % loss 1`),
      'training done',
      '',
    ]);
  });

  it('stays on one line of a terminal', () => {
    expect(shown(true).match(/\n/g)).toHaveLength(1);
    expect(shown(true)).toContain('\rtraining'.replace('training', '\x1b[K'));
  });
});
