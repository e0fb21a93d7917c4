import { describe, expect, it } from 'vitest';
import { Account, type Holding } from '../../kernel-lib/engine/account';
import type { Entry } from '../../kernel-lib/engine/ledger';

const holding = (bytes: number, category: Holding['category'] = 'saves', name = 'x'): Holding => ({
  bytes,
  padding: 64 - bytes,
  category,
  name,
});

describe('the ledger', () => {
  it('adds up by category and remembers the peak with its totals', () => {
    const account = new Account();
    const [a, b] = [holding(10), holding(20, 'weights')];
    account.allocate(a);
    account.allocate(b);
    account.release(a);
    expect(account.totals()).toMatchObject({ saves: 0, weights: 20, padding: 44 });
    expect(account.peakBytes).toBe(30);
    expect(account.peakTotals()).toMatchObject({ saves: 10, weights: 20, padding: 98 });
    account.resetPeak();
    expect(account.peakBytes).toBe(20);
    expect(account.blocks).toBe(1);
  });

  it('tells listeners every entry until they stop', () => {
    const account = new Account();
    const seen: Entry[] = [];
    const stop = account.listen((entry) => seen.push(entry));
    const a = holding(10);
    account.allocate(a);
    account.relabel(a, 'watch', 'y');
    stop();
    account.release(a);
    expect(seen).toEqual([
      { kind: 'allocate', category: 'saves', name: 'x', bytes: 10 },
      { kind: 'relabel', category: 'watch', name: 'y', bytes: 10, from: 'saves', was: 'x' },
    ]);
    expect(account.liveBytes).toBe(0);
  });

  it('names owners, largest first', () => {
    const account = new Account();
    for (const h of [holding(10), holding(5), holding(40, 'data', 'images')]) account.allocate(h);
    expect(account.owners()).toEqual([
      { category: 'data', name: 'images', bytes: 40 },
      { category: 'saves', name: 'x', bytes: 15 },
    ]);
  });
});
