import type { Engine } from '../engine/engine';
import { MesaError } from '../errors';
import { activeEngine } from '../models/active-engine';
import { hideBadges, showBadges } from './cell-badges';
import { type Displayable, inJupyter } from './display';
import { mebibytes } from './format';
import { recordsTable, tableBundle } from './table';

/** Who holds the bytes of an engine's heap. */
export interface MemoryReport extends Displayable {
  readonly liveBytes: number;
  readonly peakBytes: number;
  /** Largest first. */
  readonly owners: readonly { readonly category: string; readonly name: string; readonly bytes: number }[];
}

const SHOWN = 20; // owners

function report(engine: Engine = activeEngine()): MemoryReport {
  const { liveBytes, peakBytes } = engine.ledger;
  const owners = engine.ledger.owners();
  const rows = owners.map(({ category, name, bytes }) => ({ category, name, held: mebibytes(bytes) }));
  const note = `${mebibytes(liveBytes)} live, ${mebibytes(peakBytes)} at the peak`;
  return { liveBytes, peakBytes, owners, [inJupyter]: () => tableBundle(recordsTable(rows), SHOWN, note) };
}

/** Sets the most that may be live on the heap; an allocation above it throws `over-budget` and leaves everything as it was. */
function budget(bytes: number, engine: Engine = activeEngine()): void {
  if (!(bytes > 0)) throw new MesaError('memory-budget', { says: `cannot keep to ${bytes} bytes`, try: 'memory.budget(512 * 2 ** 20)' });
  engine.ledger.budgetBytes = bytes;
}

/** Shows under each cell that changed the heap how it did; `false` ends that. Our kernel says when cells begin and end. */
function badges(on: boolean = true): void {
  if (on) showBadges(engineHere);
  else hideBadges();
}

/** The active engine, if one was started. */
function engineHere(): Engine | undefined {
  try {
    return activeEngine();
  } catch {
    return undefined;
  }
}

/** What `memory` is to users. */
export interface Memory {
  (engine?: Engine): MemoryReport;
  readonly budget: (bytes: number, engine?: Engine) => void;
  readonly badges: (on?: boolean) => void;
}

/**
 * Who holds the bytes of the heap, as the last line of a cell; `memory.budget(bytes)` stops what would take more, `memory.badges()` shows
 * under each cell what it took and left.
 *
 * @example
 * memory.budget(512 * 2 ** 20);
 * memory.badges();
 * memory();
 */
export const memory: Memory = Object.assign(report, { budget, badges });
