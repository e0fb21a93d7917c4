import { start } from '../../kernel-lib/engine/start';
import type { Arrays } from '../reference/array';
import type { Case } from './case';
import { fused } from './fused';
import { plain } from './plain';

/** A way to run an op on numbers. */
export interface Executor {
  /** Outputs; of the inner ones those that are wanted, all if not said. */
  forward(c: Case, x: Arrays, wants?: readonly string[]): Arrays;
  /** Gradients of the wanted slots, added to those that are there. */
  backward(c: Case, x: Arrays, dy: Arrays, want: readonly string[], there?: Arrays): Arrays;
  recipe(c: Case, index: number, x: Arrays): Arrays;
}

/** Every way to run an op. */
export const forms = ['plain', 'native', 'wasm'] as const;

export async function executorOf(form: (typeof forms)[number]): Promise<Executor> {
  return form === 'plain' ? plain : fused(await start({ backend: form, threads: form === 'native' ? 2 : 1, poison: true, quiet: true }));
}
