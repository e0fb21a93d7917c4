import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('an Interrupt during fit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesa-interrupt-'));
  const program = join(folder, 'interrupted.js');
  let child: ChildProcess;
  let lines: AsyncIterator<string>;
  beforeAll(() => {
    buildSync({
      entryPoints: [join(__dirname, 'programs/interrupted.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      define: { __dirname: JSON.stringify(resolve(__dirname, '../../kernel-lib/engine')) }, // where the built kernels are found
      logLevel: 'error',
    });
    child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  });
  afterAll(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  /** The first line that has a key. */
  async function until(key: string): Promise<Record<string, unknown>> {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the program ended before it said ${key}`);
      const said = JSON.parse(value);
      if (key in said) return said;
    }
  }

  it('stops it before another step is begun, and it returns', async () => {
    await until('step');
    child.kill('SIGINT');
    const { first, ended, endedAtSignal, left, listeners } = await until('first');
    expect(first).toMatchObject({ stopped: true, steps: ended });
    expect([0, 1]).toContain((ended as number) - (endedAtSignal as number));
    expect({ left, listeners }).toEqual({ left: 0, listeners: 0 });
  });

  it('leaves everything usable', async () => {
    expect(await until('again')).toMatchObject({ again: { stopped: false, steps: 2 }, samples: 24, left: 0 });
  });

  it('does at the second what it does without us', async () => {
    await until('second');
    child.kill('SIGINT');
    await until('waiting');
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect(await ended).toEqual([null, 'SIGINT']);
  });
});
