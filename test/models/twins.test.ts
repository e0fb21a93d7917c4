import { describe, expect, it } from 'vitest';
import { start } from '../../kernel-lib/engine/start';
import { beyond, errorsOf, graphOf, readStored, release, rig, STORED } from './twin';

describe.each(['native', 'wasm', 'js'] as const)('on engine %s', (backend) => {
  it.each(STORED)('%s has the logits, losses, gradients and buffers of its PyTorch twin', async (name) => {
    const twin = await readStored(name);
    const it0 = rig(await start({ backend, threads: 1, quiet: true }), graphOf(twin), twin.samples);
    expect(beyond(errorsOf(it0, twin))).toEqual([]);
    release(it0);
  });
});
