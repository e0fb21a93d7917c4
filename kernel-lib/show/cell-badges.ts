import type { EventEmitter } from 'node:events';
import type { Engine } from '../engine/engine';
import { display } from './display';
import { mebibytes } from './format';
import { html } from './html';

// Our kernel (notebooks/kernels/mesa-lab/cells.cjs) emits these on `process`; listeners on them are all that is kept.
const BEFORE = 'mesa-lab:before-cell';
const AFTER = 'mesa-lab:after-cell';
const SHOWN = 3; // owners
const cells: EventEmitter = process;

type Held = ReadonlyMap<string, number>;

/** From the next cell on, a line under each that changed the heap: before, after, peak, and who owns what it left. */
export function showBadges(engineHere: () => Engine | undefined): void {
  hideBadges();
  cells.on(BEFORE, () => {
    const watched = watch(engineHere());
    cells.once(AFTER, () => {
      const engine = engineHere();
      const text = engine && watched.end(engine);
      if (text) display({ 'text/html': html`<small style="color:#666">${text}</small>`.text, 'text/plain': text });
    });
  });
}

export function hideBadges(): void {
  for (const event of [BEFORE, AFTER]) cells.removeAllListeners(event);
}

/** Follows the heap through a cell; in the cell that starts an engine it has seen nothing before. */
function watch(engine: Engine | undefined) {
  const before = engine?.ledger.liveBytes ?? 0;
  const held = engine ? heldBy(engine) : new Map<string, number>();
  let peak = before;
  const stop = engine?.ledger.listen(() => {
    peak = Math.max(peak, engine.ledger.liveBytes);
  });
  return {
    /** What to say of the cell; nothing when it left the heap alone. */
    end(now: Engine): string {
      stop?.();
      const { liveBytes } = now.ledger;
      peak = Math.max(peak, engine ? 0 : now.ledger.peakBytes);
      if (liveBytes === before && peak === before) return '';
      const left = growth(held, heldBy(now)).map(([owner, bytes]) => `${owner} ${mebibytes(bytes)}`);
      return `heap ${mebibytes(before)} → ${mebibytes(liveBytes)}, peak ${mebibytes(peak)}${left.length > 0 ? `; left: ${left.join(', ')}` : ''}`;
    },
  };
}

function heldBy({ ledger }: Engine): Held {
  return new Map(ledger.owners().map(({ category, name, bytes }) => [`${category} ${name}`.trim(), bytes]));
}

function growth(before: Held, now: Held): (readonly [string, number])[] {
  const grown = [...now].map(([owner, bytes]) => [owner, bytes - (before.get(owner) ?? 0)] as const).filter(([, bytes]) => bytes > 0);
  return grown.sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
}
