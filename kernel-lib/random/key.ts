import { threefry } from './threefry';

const WORD = 2 ** 32;

/**
 * The key of the draws of one name in one step: the same four always give the same key, others practically never do.
 *
 * @example
 * const k = key(seed, step, micro, 'blocks.3.mlp.hidden');
 */
export function key(seed: number, step: number, micro: number, name: string): [number, number] {
  const k = new Uint32Array([seed >>> 0, Math.floor(seed / WORD) >>> 0]);
  const absorb = (a: number, b: number): void => threefry([k[0] as number, k[1] as number], a, b, k);
  absorb(step >>> 0, micro >>> 0);
  absorb(name.length, Math.floor(step / WORD) >>> 0);
  for (let i = 0; i < name.length; i += 2) absorb(name.charCodeAt(i) | (i + 1 < name.length ? name.charCodeAt(i + 1) << 16 : 0), i);
  return [k[0] as number, k[1] as number];
}
