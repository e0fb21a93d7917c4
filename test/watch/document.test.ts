import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { transformSync } from 'esbuild';
import { describe, expect, it, vi } from 'vitest';
import * as lab from '../../kernel-lib/index';
import { release, rig, startOn } from '../train/setup';

const text = readFileSync(join(__dirname, '../../docs/write-a-watcher.md'), 'utf8');
const blocks = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((m) => m[1] as string);

/** The blocks of the document as one function of what they import, and of a trainer. */
function documented(): (trainer: lab.Trainer) => Promise<void> {
  const body = blocks
    .join('\n')
    .replace(/^import .*$/gm, '')
    .replace(/^export /gm, '');
  const { code } = transformSync(`async function run(tf, watch, trainer) {\n${body}\n}`, { loader: 'ts' });
  const run = new Function(`${code}\nreturn run;`)() as (...args: unknown[]) => Promise<void>;
  return (trainer) => run(tf, lab.watch, trainer);
}

describe('docs/write-a-watcher.md', () => {
  it('runs as it stands', async () => {
    const engine = await startOn('native', 1);
    const it0 = rig(engine, { policy: lab.policies.plus() });
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const table = vi.spyOn(console, 'table').mockImplementation(() => {});
    try {
      await documented()(it0.trainer);
    } finally {
      log.mockRestore();
      table.mockRestore();
    }
    expect(blocks).toHaveLength(3);
    expect((await it0.trainer.step()).step).toBe(3);
    release(it0);
    expect(engine.ledger.liveBytes).toBe(0);
  });

  it('has the watcher of about ten lines, and names every watcher there is', () => {
    const [own = ''] = blocks;
    expect(own.slice(own.indexOf('return {')).split('\n').length).toBeLessThanOrEqual(14);
    const watchers = Object.keys(lab.watch).filter((name) => !['tableOf', 'withExact'].includes(name));
    for (const name of watchers) expect(text).toContain(`watch.${name}(`);
  });
});
