import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { notebooks } from './kernel-client';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('a kernel whose Jupyter was killed ends, even in a cell that never yields', async () => {
  const kernel = `
    require(${JSON.stringify(join(notebooks, 'kernels/mesa-lab/parent.cjs'))}).endWithParent();
    console.log(process.pid);
    setTimeout(() => { for (;;); }, 100);`;
  const jupyter = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(kernel)}], { stdio: 'inherit' });`;
  const parent = spawn(process.execPath, ['-e', jupyter], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  try {
    for (let i = 0; isAlive(pid) && i < 300; i++) await new Promise((go) => setTimeout(go, 100));
    expect(isAlive(pid)).toBe(false);
  } finally {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
}, 60_000);
