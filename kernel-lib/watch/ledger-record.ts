import type { Category } from '../engine/engine';
import type { Entry, Ledger } from '../engine/ledger';

export const CATEGORIES: readonly Category[] = ['weights', 'optimizer', 'data', 'saves', 'gradients', 'transient', 'watch'];

/** Categories that a step fills and empties again: the activation peak of the design. */
export const ACTIVATIONS: readonly Category[] = ['saves', 'gradients', 'transient'];

export type Bytes = { readonly [category in Category]: number };

/** Bytes of one owner. */
export interface Owner {
  readonly category: Category;
  readonly name: string;
  readonly bytes: number;
}

/** Where a step stood from an entry on. */
export interface Mark {
  readonly name: string;
  /** Number of entries before it. */
  readonly entry: number;
  readonly ms: number;
  /** Resident memory of the whole process then. */
  readonly rssBytes: number;
}

/** All that the ledger saw of a step: what there was before, every entry, and the marks of its phases. */
export interface LedgerRecord {
  readonly step: number;
  readonly before: readonly Owner[];
  readonly entries: readonly Entry[];
  /** Milliseconds since the step began, for each entry. */
  readonly ms: readonly number[];
  readonly marks: readonly Mark[];
}

/** Writes down what a ledger is told until `stop`. */
export function record(ledger: Ledger, step: number): { mark(name: string): void; stop(): LedgerRecord } {
  const began = performance.now();
  const entries: Entry[] = [];
  const ms: number[] = [];
  const marks: Mark[] = [];
  const before = ledger.owners();
  const unlisten = ledger.listen((entry) => {
    entries.push(entry);
    ms.push(performance.now() - began);
  });
  return {
    mark(name) {
      marks.push({ name, entry: entries.length, ms: performance.now() - began, rssBytes: process.memoryUsage.rss() });
    },
    stop() {
      unlisten();
      return { step, before, entries, ms, marks };
    },
  };
}

/** Live bytes by category before the first entry and after each: one more than there are entries. */
export function areas({ before, entries }: LedgerRecord): Bytes[] {
  const now: Record<Category, number> = { weights: 0, optimizer: 0, data: 0, saves: 0, gradients: 0, transient: 0, watch: 0 };
  for (const { category, bytes } of before) now[category] += bytes;
  return [{ ...now }, ...entries.map((entry) => ({ ...applied(now, entry) }))];
}

function applied(now: Record<Category, number>, { kind, category, from, bytes }: Entry): Bytes {
  if (kind === 'release') now[category] -= bytes;
  else now[category] += bytes;
  if (from) now[from] -= bytes;
  return now;
}

export function total(bytes: Bytes, of: readonly Category[] = CATEGORIES): number {
  return of.reduce((sum, category) => sum + bytes[category], 0);
}

/** Index, into `areas`, of the first place with most bytes. */
export function peakOf(all: readonly Bytes[], of: readonly Category[] = CATEGORIES): number {
  let peak = 0;
  all.forEach((bytes, i) => {
    if (total(bytes, of) > total(all[peak] as Bytes, of)) peak = i;
  });
  return peak;
}

/** Who holds what after the first `entry` entries, largest first. */
export function ownersAt({ before, entries }: LedgerRecord, entry: number): Owner[] {
  const held = new Map<string, { category: Category; name: string; bytes: number }>();
  const move = (category: Category, name: string, bytes: number): void => {
    const owner = held.get(`${category} ${name}`) ?? { category, name, bytes: 0 };
    owner.bytes += bytes;
    held.set(`${category} ${name}`, owner);
  };
  for (const { category, name, bytes } of before) move(category, name, bytes);
  for (const { kind, category, name, bytes, from, was } of entries.slice(0, entry)) {
    move(category, name, kind === 'release' ? -bytes : bytes);
    if (from) move(from, was ?? name, -bytes);
  }
  return [...held.values()].filter((o) => o.bytes > 0).sort((a, b) => b.bytes - a.bytes);
}
