import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { dryEngine } from '../../kernel-lib/engine/dry';
import type { Argument, Engine } from '../../kernel-lib/engine/engine';
import type { HeapEngine } from '../../kernel-lib/engine/heap-engine';
import type { Entry } from '../../kernel-lib/engine/ledger';
import { codeOf } from '../matchers';
import { hasNative, js, native, numbers, wasm } from './forms';

const all: [string, () => HeapEngine][] = [
  ...(hasNative ? ([['native', () => native(2)]] as [string, () => HeapEngine][]) : []),
  ['wasm', () => wasm(2)],
  ['wasm of one thread', () => wasm(1)],
  ['js', () => js()],
  ['dry', () => dryEngine({ threads: 2 })],
];

describe.each(all)('the %s engine', (name, make) => {
  const engine = make();
  afterAll(() => engine.remove());
  const values = (t: tf.Tensor) => (name === 'dry' ? null : [...engine.read(t)]);
  const expected = (list: number[]) => (name === 'dry' ? null : list);

  it('gives views that share storage, which goes with the last of them', () => {
    const t = engine.from(numbers(24), [4, 6], 'float32', { category: 'saves', name: 'x' });
    const middle = engine.rows(t, 1, 2);
    const flat = engine.reshape(middle, [12]);
    const again = engine.share(t);
    expect(engine.ledger.totals()).toMatchObject({ saves: 96, transient: 0 });
    t.dispose();
    engine.write(flat, numbers(12, 9));
    expect(values(middle)).toEqual(expected([...numbers(12, 9)]));
    const rows = engine.rows(again, 1, 2);
    expect(values(rows)).toEqual(expected([...numbers(12, 9)]));
    rows.dispose();
    expect(engine.ledger.blocks).toBe(1);
    tf.dispose([middle, flat]);
    expect(engine.ledger.liveBytes).toBe(96);
    expect(codeOf(() => engine.rows(again, 3, 2))).toBe('rows-out-of-range');
    expect(codeOf(() => engine.reshape(again, [5, 5]))).toBe('shape-does-not-fit');
    again.dispose();
  });

  it('keeps the ledger equal to the heap at every entry', () => {
    const { backend, ledger } = engine;
    let entries = 0;
    let sum = ledger.liveBytes;
    const stop = ledger.listen(({ kind, bytes }: Entry) => {
      entries++;
      if (kind === 'allocate') sum += bytes;
      if (kind === 'release') sum -= bytes;
      const { padding, ...categories } = ledger.totals();
      expect(Object.values(categories).reduce((a, b) => a + b, 0)).toBe(ledger.liveBytes);
      expect(ledger.liveBytes).toBe(sum);
      expect(backend.heap.liveBytes).toBe(sum + padding);
      expect(backend.heap.liveBlocks).toBe(ledger.blocks);
    });
    const x = engine.from(numbers(99), [9, 11], 'float32', { category: 'data', name: 'images' });
    engine.label(x, 'weights', 'w');
    if (name !== 'dry') engine.plain(() => tf.softmax(tf.add(tf.matMul(x, x, false, true), 1))).dispose();
    engine.kernels?.queue('copy', [x, x, 8], 100);
    x.dispose();
    stop();
    expect(entries).toBeGreaterThan(2);
  });

  it('holds codes as one byte an element', () => {
    const t = engine.from(Uint8Array.from([255, 1, 7]), [3], 'bool', { category: 'saves' });
    expect(values(t)).toEqual(expected([255, 1, 7]));
    expect(engine.ledger.totals()).toMatchObject({ saves: 3, padding: expect.any(Number) });
    t.dispose();
  });

  it('refuses tensors that are gone', () => {
    const t = engine.empty([2]);
    t.dispose();
    expect(codeOf(() => engine.read(t))).toBe('disposed-tensor');
    expect(codeOf(() => engine.label(t, 'saves', 'x'))).toBe('disposed-tensor');
    if (engine.kernels) expect(codeOf(() => engine.kernels?.queue('fill', [t, 2, 0]))).toBe('disposed-tensor');
  });

  it('refuses commands that do not exist and arguments that are not numbers', () => {
    const { kernels } = engine;
    if (!kernels) return expect(name).toBe('js');
    expect(codeOf(() => kernels.queue('fil', []))).toBe('unknown-command');
    expect(codeOf(() => kernels.queue('fill', [Number.NaN]))).toBe('bad-argument');
    expect(codeOf(() => kernels.queue('fill', [undefined as unknown as Argument]))).toBe('bad-argument');
    expect(engine.ledger.blocks).toBe(0);
  });

  it('refuses values that do not fill the tensor, and leaves nothing allocated', () => {
    if (name === 'dry') return expect(engine.from(numbers(3), [4]).dispose()).toBeUndefined(); // values are ignored
    const { blocks } = engine.ledger;
    expect(codeOf(() => engine.from(numbers(3), [4]))).toBe('shape-does-not-fit');
    expect(engine.ledger.blocks).toBe(blocks);
  });

  it('books what tfjs kernels allocate to their names', () => {
    const x = engine.empty([8]);
    const y = engine.plain(() => tf.concat([x, x]));
    const owners = engine.ledger.owners();
    tf.dispose([x, y]);
    expect(owners).toContainEqual({ category: 'transient', name: 'Concat', bytes: 64 });
  });

  it('runs commands in order, however many wait', () => {
    const { kernels } = engine;
    if (!kernels) return expect(name).toBe('js');
    const x = engine.from(new Float32Array(40), [40]);
    for (let i = 0; i < 10_000; i++) kernels.queue('scale', [x, x, 40, i % 2 ? 0 : 1, i % 2 ? 1 : 0]);
    kernels.queue('fill', [x, 20, 7]);
    expect(values(x)).toEqual(expected([...new Array(20).fill(7), ...new Array(20).fill(0)]));
    x.dispose();
  });

  it('books thread scratch while a command is queued', () => {
    const { kernels, threads } = engine;
    if (!kernels) return expect(name).toBe('js');
    const t = engine.empty([64]);
    engine.ledger.resetPeak();
    kernels.queue('fill', [t, 64, 1], 1000);
    expect(engine.ledger.peakBytes - engine.ledger.liveBytes).toBe(threads * 1024);
    t.dispose();
  });

  it('leaves nothing allocated', () => expect(engine.ledger.liveBytes).toBe(0));
});

describe('the dry engine', () => {
  it('names the stock kernel that it cannot run', () => {
    const dry = dryEngine();
    const x = dry.empty([2, 2]);
    expect(() => dry.plain(() => tf.cumsum(x))).toThrow('Cumsum: the dry engine computes nothing, so it cannot run a stock tfjs kernel');
    expect(codeOf(() => dry.read(x))).toBe('no-values-on-dry');
    x.dispose();
    expect(dry.ledger.liveBytes).toBe(0);
    dry.remove();
  });

  it.runIf(hasNative).each([1, 3])('books what the native one of %i threads does, to the byte', (threads) => {
    const account = (engine: HeapEngine): [Entry[], object, number, number] => {
      const entries: Entry[] = [];
      engine.ledger.listen((entry) => entries.push(entry));
      randomOperations(engine);
      engine.remove();
      return [entries, engine.ledger.peakTotals(), engine.ledger.liveBytes, engine.backend.heap.liveBytes];
    };
    const planned = account(dryEngine({ threads }));
    expect(planned[0].length).toBeGreaterThan(500);
    expect(planned).toEqual(account(native(threads)));
  });
});

/** Allocations, views, stock ops and commands in an order drawn once and for all. */
function randomOperations(engine: Engine): void {
  const draws = numbers(3000, 7).map(Math.abs);
  let at = 0;
  const draw = (n: number) => Math.floor((draws[at++] ?? 0) * n);
  const live: tf.Tensor[] = [engine.empty([8, 16])];
  for (let i = 0; i < 400; i++) {
    const t = live[draw(live.length)] as tf.Tensor;
    const [rows = 1] = t.shape;
    const choices = [
      () => live.push(engine.empty([1 + draw(50), 16], 'float32', { category: 'saves', name: `v${i}` })),
      () => live.push(engine.rows(t, draw(rows), 1)),
      () => live.push(engine.plain(() => tf.softmax(tf.add(tf.mul(t, 0.5), tf.sum(t, 0))))),
      () => live.push(engine.plain(() => tf.matMul(tf.matMul(t, t, false, true), t))),
      () => live.push(engine.plain(() => tf.reshape(tf.transpose(t), t.shape))),
      () => engine.label(t, 'gradients', 'g'),
      () => engine.kernels?.queue('scale', [t, t, t.size, 0.5, 0], 64 * draw(9)),
      () => live.length > 1 && live.splice(live.indexOf(t), 1)[0]?.dispose(),
    ];
    choices[draw(choices.length)]?.();
  }
}

describe('poison', () => {
  const forms: [string, () => HeapEngine][] = [
    ['js', () => js({ poison: true })],
    ['wasm', () => wasm(1, { poison: true })],
  ];
  if (hasNative) forms.push(['native', () => native(2, undefined, { poison: true })]);
  it.each(forms)('on %s turns what is read after it was freed into NaN', (_, make) => {
    const engine = make();
    const [x, y] = [engine.from(numbers(16), [16]), engine.from(numbers(16), [16])];
    const stale = engine.backend.entry(x).values;
    x.dispose();
    expect([...stale].every(Number.isNaN)).toBe(true);
    expect([...engine.read(y)]).toEqual([...numbers(16)]);
    y.dispose();
    engine.remove();
  });
});

describe('reading', () => {
  it('gives a copy, so that nobody sees the next owner', () => {
    const engine = js();
    const x = engine.from(Float32Array.from([1, 2]), [2]);
    const [mine, theirs] = [engine.read(x), x.dataSync()];
    engine.write(x, Float32Array.from([3, 4]));
    expect([[...mine], [...theirs], [...engine.read(x)]]).toEqual([
      [1, 2],
      [1, 2],
      [3, 4],
    ]);
    x.dispose();
    engine.remove();
  });
});
