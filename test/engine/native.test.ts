import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { addonFile, loadAddon } from '../../kernel-lib/engine/binaries';
import type { HeapEngine } from '../../kernel-lib/engine/heap-engine';
import { nativeMachine } from '../../kernel-lib/engine/native-machine';
import { hasNative, native, numbers, wasm } from './forms';

/** The widest instruction set that the operating system reports. */
function best(): string {
  if (process.arch === 'arm64') return 'neon';
  const flags = new Set(/^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '));
  const has = (...names: string[]) => names.every((name) => flags.has(name));
  if (has('avx512f', 'avx512bw', 'avx512vl', 'avx512dq', 'fma')) return 'avx512';
  return has('avx2', 'fma') ? 'avx2' : 'sse2';
}

/** Columns of a packed panel, which are two vectors: tells which build of the kernels ran. */
function panelColumns(engine: HeapEngine): number {
  const w = engine.from(
    Float32Array.from({ length: 128 }, (_, i) => i),
    [2, 64],
  );
  const out = engine.empty([2 * 64]);
  engine.kernels?.queue('panels', [w, 64, 0, 2, 64, out]);
  const columns = engine.read(out).indexOf(64); // the first element of the second row of w
  tf.dispose([w, out]);
  return columns;
}

const lanes: Record<string, number> = { avx512: 16, avx2: 8, sse2: 4, neon: 4, simd128: 4 };

describe.runIf(hasNative)('the addon', () => {
  it.runIf(process.platform === 'linux')('takes the widest instruction set of the processor', () => {
    const engine = native(1);
    expect(engine.isa).toBe(best());
    engine.remove();
  });

  it.each(hasNative ? loadAddon(addonFile()).isas().filter(Boolean) : [])('runs %s when told to', (isa) => {
    const engine = native(1, isa);
    expect(engine.isa).toBe(isa);
    expect(panelColumns(engine)).toBe(2 * lanes[isa]!);
    engine.remove();
  });

  it('says which instruction sets there are when told to run another', () => {
    expect(() => nativeMachine(loadAddon(addonFile()), 1, 'mmx')).toThrow(/^isa: mmx is not to be had here \(try .*\) \[no-such-isa\]$/);
  });

  it('gives pages back', () => {
    const engine = native(1);
    const before = process.memoryUsage().rss;
    engine.from(new Float32Array(2 ** 24).fill(1), [2 ** 24]).dispose();
    const held = process.memoryUsage().rss - before;
    expect(engine.trim()).toBe(2 ** 26);
    expect(held - (process.memoryUsage().rss - before)).toBeGreaterThan(2 ** 25);
    engine.remove();
  });

  it('holds more than one chunk', () => {
    const engine = native(2);
    const big = engine.empty([2 ** 29]); // 2 GiB of address space, never touched
    const [x, y] = [engine.empty([2 ** 29]), engine.from(numbers(1000), [1000])];
    engine.kernels?.queue('copy', [y, engine.rows(x, 2 ** 29 - 1000, 1000), 4000]);
    expect(engine.backend.entry(big).storage.block.chunk).not.toBe(engine.backend.entry(x).storage.block.chunk);
    const end = engine.rows(x, 2 ** 29 - 1000, 1000);
    expect(engine.read(end)).toEqual(engine.read(y));
    expect(() => engine.empty([2 ** 30])).toThrow('out-of-memory');
    engine.remove();
  });

  it('serves worker threads, also when one is terminated in the middle', async () => {
    const start = () => new Worker(worker, { eval: true, workerData: addonFile() });
    const doomed = start();
    const sums = await Promise.all(
      [start(), start()].map((w) => new Promise((resolve, reject) => w.on('message', resolve).on('error', reject))),
    );
    await doomed.terminate();
    expect(sums).toEqual([300 * 100_000, 300 * 100_000]);
    const engine = native(2);
    expect(panelColumns(engine)).toBeGreaterThan(0);
    engine.remove();
  });
});

/** Fills memory 300 times with the addon as it is, 2 threads; answers the sum of what it read. */
const worker = `
const { parentPort, workerData } = require('node:worker_threads');
const module_ = { exports: {} };
process.dlopen(module_, workerData);
const addon = module_.exports;
const n = 100000;
const data = addon.reserve(1 << 20), program = addon.reserve(4096);
new Float64Array(program).set([addon.commands().indexOf('fill'), 32, 0, 0, addon.address(data), n, 1]);
let sum = 0;
for (let i = 0; i < 300; i++) {
  new Float32Array(data, 0, n).fill(0);
  addon.run(addon.address(program), 1, 2, 0);
  sum += new Float32Array(data, 0, n).reduce((a, b) => a + b, 0);
}
parentPort.postMessage(sum);
`;

const forms: [string, (threads: number) => HeapEngine][] = [
  ['wasm', wasm],
  ...(hasNative ? ([['native', native]] as [string, typeof native][]) : []),
];

describe.each(forms)('threads of %s', (_, make) => {
  it('change no bit', () => {
    const bits = [1, 2, 3].map((threads) => {
      const engine = make(threads);
      const x = engine.from(numbers(151 * 203), [151, 203]);
      const result = engine.plain(() => {
        const y = tf.softmax(tf.matMul(tf.matMul(x, x, false, true), tf.tanh(x)));
        return tf.concat([tf.sum(y, 0), tf.sum(tf.exp(y), 1), tf.reshape(tf.transpose(y), [-1])], 0);
      });
      const values = engine.read(result);
      tf.dispose([x, result]);
      engine.remove();
      return values;
    });
    expect(bits[0]!.some((v) => v !== 0)).toBe(true);
    expect(bits[1]).toEqual(bits[0]);
    expect(bits[2]).toEqual(bits[0]);
  });

  it('survive many short programs', () => {
    const engine = make(3);
    const x = engine.from(new Float32Array(20_000), [20_000]);
    for (let i = 0; i < 2000; i++) {
      engine.kernels?.queue('fill', [x, 20_000, i]);
      engine.kernels?.flush();
    }
    expect(engine.read(x).every((v) => v === 1999)).toBe(true);
    engine.remove();
  });
});
