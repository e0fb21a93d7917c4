import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../kernel-lib/engine/engine';
import { type StartOptions, start } from '../../kernel-lib/engine/start';
import { hasNative } from './forms';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function started(options: StartOptions): Promise<{ engine: Engine; lines: string[] }> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const engine = await start(options);
  return { engine, lines: log.mock.calls.map(String) };
}

describe('start', () => {
  it.each([
    { backend: 'wasm', threads: 1, says: 'mesa-lab: wasm, simd128, 1 thread' },
    { backend: 'wasm', threads: 2, says: 'mesa-lab: wasm, simd128, 2 threads' },
    { backend: 'js', says: 'mesa-lab: plain JavaScript' },
    { backend: 'cpu', says: 'mesa-lab: tfjs backend cpu' },
  ] as const)('makes $backend active and says so in one line', async ({ says, ...options }) => {
    const { engine, lines } = await started(options);
    expect(lines).toEqual([says]);
    expect(tf.getBackend()).toBe(engine.backendName);
    const a = engine.from(Float32Array.from([1, 2, 3, 4]), [2, 2]);
    expect([...tf.matMul(a, a).dataSync()]).toEqual([7, 10, 15, 22]);
  });

  it.runIf(hasNative)('takes the addon first', async () => {
    const { engine, lines } = await started({ threads: 2 });
    expect(engine.form).toBe('native');
    expect(lines).toEqual([`mesa-lab: native, ${engine.isa}, 2 threads`]);
  });

  it('returns the same engine for the same options, and another for others', async () => {
    const first = await start({ backend: 'wasm', threads: 2, quiet: true });
    expect(await start({ backend: 'wasm', threads: 2, quiet: true })).toBe(first);
    expect(await start({ backend: 'wasm', threads: 2, quiet: true, poison: true })).not.toBe(first);
    const dry = await start({ backend: 'js', quiet: true });
    expect(dry.backendName).not.toBe(first.backendName);
  });

  it('falls back to WebAssembly with one line when the addon is corrupt and there is no compiler', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mesa-start-'));
    const addon = join(folder, 'corrupt.node');
    writeFileSync(addon, 'no addon');
    vi.stubEnv('CC', join(folder, 'no-compiler'));
    vi.stubEnv('XDG_CACHE_HOME', folder);
    const { engine, lines } = await started({ addon, threads: 1, poison: true });
    expect(engine.form).toBe('wasm');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^mesa-lab: wasm, simd128, 1 thread \(no prebuilt addon: .*corrupt\.node.*; no compiled addon: .*\)$/);
  });

  it('says why when the only way that was asked for does not work', async () => {
    vi.stubEnv('CC', '/no/compiler');
    vi.stubEnv('XDG_CACHE_HOME', '/no/cache');
    await expect(start({ backend: 'native', addon: '/no/addon', quiet: true })).rejects.toThrow(
      /no prebuilt addon: .*; no compiled addon: .*no-engine/,
    );
  });

  it.runIf(hasNative)('does not put another instruction set in the place of the one that was asked for', async () => {
    await expect(start({ isa: 'mmx', quiet: true })).rejects.toThrow('no-such-isa');
  });

  it.each([0, 1.5, 65, Number.NaN])('refuses %d threads', async (threads) => {
    await expect(start({ threads, quiet: true })).rejects.toThrow(`threads: cannot run ${threads} threads (try 1 to 64) [bad-threads]`);
  });

  it('says what to install for tensorflow', async () => {
    await expect(start({ backend: 'tensorflow' })).rejects.toThrow('npm install @tensorflow/tfjs-node');
  });
});
