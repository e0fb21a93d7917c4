import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeLog, readLog } from '../../notebooks/run-log';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-log-'));
  path = join(folder, 'runs/of.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const runs = [
  { arm: 'exact', seed: 1 },
  { arm: 'mesa', seed: 1 },
  { arm: 'exact', seed: 2 },
];
const quiet = (): void => {};

describe('the log of an experiment', () => {
  it('has no lines where there is no file', () => expect(readLog(path)).toEqual([]));

  it('has a line for each run, with its result and its time', async () => {
    await completeLog(path, runs, async ({ seed }) => ({ accuracy: seed / 3 }), quiet);
    expect(readLog(path)).toEqual(
      runs.map((run) => ({ ...run, accuracy: Number((run.seed / 3).toPrecision(6)), seconds: expect.any(Number) })),
    );
  });

  it('goes on where it was cut', async () => {
    const done: unknown[] = [];
    const work = async (run: object): Promise<object> => {
      if (done.length === 2) throw new Error('the machine is lost');
      done.push(run);
      return {};
    };
    await expect(completeLog(path, runs, work, quiet)).rejects.toThrow('lost');
    expect(readLog(path)).toMatchObject(runs.slice(0, 2));
    done.length = 0;
    await completeLog(path, runs, work, quiet);
    expect(done).toEqual([runs[2]]);
    expect(readLog(path)).toMatchObject(runs);
  });

  it('leaves out a last line that was cut short', async () => {
    await completeLog(path, runs.slice(0, 1), async () => ({}), quiet);
    appendFileSync(path, '{"arm":"mesa","se');
    expect(readLog(path)).toMatchObject(runs.slice(0, 1));
  });

  it('is whole again after a line that was cut short', async () => {
    await completeLog(path, runs.slice(0, 1), async () => ({}), quiet);
    appendFileSync(path, '{"arm":"mesa","se');
    await completeLog(path, runs, async () => ({}), quiet);
    expect(readLog(path)).toMatchObject(runs);
    expect(readFileSync(path, 'utf8')).not.toContain('"se{');
  });
});
