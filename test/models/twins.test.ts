import { describe, it } from 'vitest';
import { start } from '../../kernel-lib/engine/start';
import { expectTwin, graphOf, readStored, release, rig, STORED } from './twin';

describe.each(['native', 'js'] as const)('on engine %s', (backend) => {
  it.each(STORED)('%s has the logits, losses, gradients and buffers of its PyTorch twin', async (name) => {
    const twin = await readStored(name);
    const it0 = rig(await start({ backend, threads: 1, quiet: true }), graphOf(twin), twin.samples);
    expectTwin(it0, twin);
    release(it0);
  });
});
