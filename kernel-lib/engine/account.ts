import { MesaError } from '../errors';
import type { Category } from './engine';
import type { Entry, Ledger, Totals } from './ledger';

/** Bytes that somebody holds. */
export interface Holding {
  /** Requested bytes. */
  readonly bytes: number;
  /** Bytes that the heap adds by rounding. */
  readonly padding: number;
  category: Category;
  name: string;
}

const zero: Totals = { weights: 0, gradients: 0, optimizer: 0, saves: 0, transient: 0, data: 0, watch: 0, padding: 0 };

/** The ledger as the engine writes it; an entry costs the same however much is live. */
export class Account implements Ledger {
  liveBytes = 0;
  peakBytes = 0;
  budgetBytes: number = Number.POSITIVE_INFINITY;
  private readonly live: Record<Category | 'padding', number> = { ...zero };
  private peak: Totals = zero;
  private readonly holdings = new Set<Holding>();
  private readonly listeners = new Set<(entry: Entry) => void>();

  get blocks(): number {
    return this.holdings.size;
  }

  totals(): Totals {
    return { ...this.live };
  }

  peakTotals(): Totals {
    return this.peak;
  }

  resetPeak(): void {
    this.peakBytes = this.liveBytes;
    this.peak = { ...this.live };
  }

  owners(): { readonly category: Category; readonly name: string; readonly bytes: number }[] {
    const sums = new Map<string, { category: Category; name: string; bytes: number }>();
    for (const { category, name, bytes } of this.holdings) {
      const sum = sums.get(`${category} ${name}`);
      if (sum) sum.bytes += bytes;
      else sums.set(`${category} ${name}`, { category, name, bytes });
    }
    return [...sums.values()].sort((a, b) => b.bytes - a.bytes);
  }

  listen(f: (entry: Entry) => void): () => void {
    this.listeners.add(f);
    return () => void this.listeners.delete(f);
  }

  /** Refuses bytes that the budget has no room for. */
  admit(bytes: number, name: string): void {
    if (this.liveBytes + bytes <= this.budgetBytes) return;
    const mib = (count: number) => `${(count / 2 ** 20).toFixed(1)} MiB`;
    const most = this.owners().slice(0, 3);
    throw new MesaError('over-budget', {
      at: name,
      says: `${mib(bytes)} more do not fit: ${mib(this.liveBytes)} of ${mib(this.budgetBytes)} are held, most by ${most
        .map((owner) => `${owner.name || owner.category} (${mib(owner.bytes)})`)
        .join(', ')}`,
      try: 'a smaller batch, accumulate, a leaner policy such as policies.norms(), or a larger memory.budget(bytes)',
    });
  }

  allocate(holding: Holding): void {
    this.holdings.add(holding);
    this.live[holding.category] += holding.bytes;
    this.live.padding += holding.padding;
    this.liveBytes += holding.bytes;
    if (this.liveBytes > this.peakBytes) this.resetPeak();
    this.tell('allocate', holding);
  }

  release(holding: Holding): void {
    this.holdings.delete(holding);
    this.live[holding.category] -= holding.bytes;
    this.live.padding -= holding.padding;
    this.liveBytes -= holding.bytes;
    this.tell('release', holding);
  }

  relabel(holding: Holding, category: Category, name: string): void {
    this.live[holding.category] -= holding.bytes;
    this.live[category] += holding.bytes;
    const { category: from, name: was } = holding;
    holding.category = category;
    holding.name = name;
    for (const listener of this.listeners) listener({ kind: 'relabel', category, name, bytes: holding.bytes, from, was });
  }

  private tell(kind: Entry['kind'], { category, name, bytes }: Holding): void {
    for (const listener of this.listeners) listener({ kind, category, name, bytes });
  }
}
