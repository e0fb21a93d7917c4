import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { start } from '../../kernel-lib/engine/start';

describe('start', () => {
  for (const backend of ['native', 'wasm', 'js', 'cpu'] as const) {
    for (const threads of [1, 2]) {
      it(`runs ${backend} with ${threads}`, async () => {
        const e = await start({ backend, threads });
        const a = e.from(Float32Array.from([1, 2, 3, 4]), [2, 2]);
        expect([...e.read(e.plain(() => tf.matMul(a, a)))]).toEqual([7, 10, 15, 22]);
        expect([...e.read(e.plain(() => tf.add(a, e.rows(a, 1, 1))))]).toEqual([4, 6, 6, 8]);
      });
    }
  }
});
