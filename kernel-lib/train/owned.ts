import { dispose } from '@tensorflow/tfjs-core';
import type { Ranges } from '../tape/api';
import type { Moments } from './update';

/** What a trainer has on the heap; apart from it, so that it can be released once the trainer is no longer reachable. */
export interface Owned {
  readonly moments: Moments;
  readonly ranges: Ranges;
}

const unreachable = new FinalizationRegistry<Owned>(release);

/** Has `owned` released when `owner` is collected. */
export function releaseWith(owner: object, owned: Owned): void {
  unreachable.register(owner, owned, owned);
}

/** Releases `owned` now; safe to call twice. */
export function release(owned: Owned): void {
  unreachable.unregister(owned);
  dispose([...owned.moments.values(), ...owned.ranges.values()]);
  owned.moments.clear();
  owned.ranges.clear();
}
