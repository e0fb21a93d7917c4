import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { stockEngine } from '../../kernel-lib/engine/stock-engine';
import { js } from './forms';

describe('the stock engine', () => {
  const engine = stockEngine('cpu');
  const x = () => engine.from(Float32Array.from([1, 2, 3, 4, 5, 6]), [3, 2], 'float32', { category: 'saves', name: 'x' });

  it('has no commands, and copies where our heap has views', () => {
    expect(engine.kernels).toBeNull();
    const t = x();
    const [rows, flat, again] = [engine.rows(t, 1, 2), engine.reshape(t, [6]), engine.share(t)];
    t.dispose();
    expect([...engine.read(rows)]).toEqual([3, 4, 5, 6]);
    expect([...engine.read(flat)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(again.shape).toEqual([3, 2]);
    expect(engine.ledger.totals()).toMatchObject({ saves: 24, transient: 16 });
    tf.dispose([rows, flat, again]);
    expect(engine.ledger.liveBytes).toBe(0);
  });

  it('writes in place, so that all handles see it', () => {
    const t = x();
    const again = engine.share(t);
    engine.write(t, Float32Array.from([6, 5, 4, 3, 2, 1]));
    expect([...engine.read(again)]).toEqual([6, 5, 4, 3, 2, 1]);
    tf.dispose([t, again]);
    expect(engine.ledger.liveBytes).toBe(0);
  });

  it('runs plain code on its backend whatever is active, and books the result', () => {
    const other = js();
    void tf.setBackend(other.backendName);
    const t = x();
    const { sum } = engine.plain(() => ({ sum: tf.sum(t) }));
    expect(tf.getBackend()).toBe(other.backendName);
    expect([...engine.read(sum)]).toEqual([21]);
    engine.label(sum, 'watch', 'sum');
    expect(engine.ledger.totals()).toMatchObject({ watch: 4, saves: 24 });
    tf.dispose([t, sum]);
    expect(engine.ledger.blocks).toBe(0);
    other.remove();
  });

  it('is one for a backend, with one ledger', () => expect(stockEngine('cpu')).toBe(engine));

  it('refuses a backend that is not registered', () => expect(() => stockEngine('webgl')).toThrow('backend: tfjs has no backend webgl'));
});
