import type { Category } from './engine';

/** One entry of the ledger: bytes (requested, not rounded) that came, went or changed category. */
export interface Entry {
  readonly kind: 'allocate' | 'release' | 'relabel';
  readonly category: Category;
  readonly name: string;
  readonly bytes: number;
  /** The category before a `relabel`. */
  readonly from?: Category;
  /** The name before a `relabel`. */
  readonly was?: string;
}

/** Live bytes by category, and what the heap adds by rounding (`padding`). */
export type Totals = Readonly<Record<Category | 'padding', number>>;

/** The account of every byte of an engine's heap. */
export interface Ledger {
  /** Live bytes now, by category. */
  totals(): Totals;
  /** Sum over all categories without padding. */
  readonly liveBytes: number;
  /** The largest `liveBytes` since `resetPeak()`. */
  readonly peakBytes: number;
  /** The most that may be live: an allocation that would go above throws a typed error and changes nothing. `Infinity` unless set. */
  budgetBytes: number;
  /** Totals at the moment of the peak. */
  peakTotals(): Totals;
  resetPeak(): void;
  /** Number of live blocks. */
  readonly blocks: number;
  /** Live bytes by name, largest first: who owns the memory. */
  owners(): { readonly category: Category; readonly name: string; readonly bytes: number }[];
  /** Calls `f` for every entry from now on; returns a function that stops it. */
  listen(f: (entry: Entry) => void): () => void;
}
