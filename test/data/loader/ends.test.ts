import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { plain, put, scratchFolder } from '../files';

describe('a process with a loader', async () => {
  const at = await scratchFolder();
  beforeAll(async () => {
    for (let i = 0; i < 40; i++) await put(at(`set/${i % 2}/${i}.png`), await plain(i, 200, 200));
  });
  const run = (name: string) => {
    const hook = resolve(__dirname, '../../typescript-in-workers.cjs');
    const program = join(__dirname, '../programs/loader-ends.ts');
    const args = ['--expose-gc', '--require', hook, program, at('set'), name];
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
    return { status, signal, stdout, stderr };
  };

  it('ends when its program is over, though batches are under way', () => {
    expect(run('idle')).toEqual({ status: 0, signal: null, stdout: 'a batch of 20\n', stderr: '' });
  }, 60_000);

  it('can be ended while threads decode', () => {
    expect(run('exit')).toEqual({ status: 3, signal: null, stdout: '', stderr: '' });
  }, 60_000);

  it.each(['disposed', 'unreachable'])(
    'has no threads of it any more once it is %s',
    (name) => {
      expect(run(name)).toEqual({ status: 0, signal: null, stdout: '2 workers, then none\n', stderr: '' });
    },
    60_000,
  );
});
