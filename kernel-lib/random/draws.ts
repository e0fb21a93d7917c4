import { type Key, threefry } from './threefry';
import { unit } from './unit';

const WORD = 2 ** 32;

/** `n` draws, uniform in [low, high). */
export function uniform(key: Key, n: number, low = 0, high = 1): Float32Array {
  const out = new Float32Array(n);
  const words = new Uint32Array(2);
  for (let i = 0; i < n; i += 2) {
    threefry(key, i / 2, 0, words);
    out[i] = low + (high - low) * unit(words[0] as number);
    if (i + 1 < n) out[i + 1] = low + (high - low) * unit(words[1] as number);
  }
  return out;
}

/** `n` draws of a normal distribution with mean 0 (Box-Muller: a pair of words gives a pair of draws). */
export function normal(key: Key, n: number, std = 1): Float32Array {
  return truncatedNormal(key, n, std, Number.POSITIVE_INFINITY);
}

/** `n` normal draws with mean 0, drawn again while beyond +-`limit`: timm's `trunc_normal_`, whose limit is 2 whatever `std` is. */
export function truncatedNormal(key: Key, n: number, std: number, limit = 2): Float32Array {
  const out = new Float32Array(n);
  const words = new Uint32Array(2);
  for (let i = 0; i < n; i += 2) {
    for (let attempt = 0; ; attempt++) {
      threefry(key, i / 2, attempt, words);
      const radius = std * Math.sqrt(-2 * Math.log(((words[0] as number) + 1) / WORD));
      const angle = (2 * Math.PI * (words[1] as number)) / WORD;
      const a = radius * Math.cos(angle);
      const b = radius * Math.sin(angle);
      if (Math.abs(a) > limit || Math.abs(b) > limit) continue;
      out[i] = a;
      if (i + 1 < n) out[i + 1] = b;
      break;
    }
  }
  return out;
}
