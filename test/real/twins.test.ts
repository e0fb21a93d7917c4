import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { start } from '../../kernel-lib/engine/start';
import { beyond, errorsOf, graphOf, readStep, release, rig } from '../models/twin';

// Models of full size against their PyTorch twins: where MESA_BENCH_PYTHON is a Python that has torch.
const python = process.env.MESA_BENCH_PYTHON;

const classifier = { imageSize: 224, classes: 1000 };
// Small maps: of a million numbers before ReLU one or two are within rounding of 0, and a sign that differs moves whole gradients by 1e-3
// (PyTorch's float32 against its float64 too).
const segmenter = { imageSize: 64, classes: 150 };

describe.skipIf(!python).each([
  ['deitTiny', classifier],
  ['deitSmall', classifier],
  ['deitBase', classifier],
  ['swinTiny', classifier],
  ['swinSmall', classifier],
  ['swinBase', classifier],
  ['pvtTiny', classifier],
  ['pvtSmall', classifier],
  ['pvtMedium', classifier],
  ['pvtLarge', classifier],
  ['semanticFpn', { backbone: 'swinTiny', ...segmenter }],
  ['semanticFpn', { backbone: 'pvtTiny', ...segmenter }],
  ['semanticFpn', { backbone: 'deitTiny', ...segmenter }],
] as const)('%s %j', (name, options) => {
  it('has the logits and all gradients of its twin', async () => {
    const file = join(tmpdir(), `mesa-lab-twin-${process.pid}.safetensors`);
    try {
      spawnSync(python!, [resolve('bench/twins/full.py'), file, name, JSON.stringify(options)], { stdio: 'inherit' });
      const twin = await readStep(file);
      const it0 = rig(await start({ quiet: true }), graphOf(twin), twin.samples);
      const errors = errorsOf(it0, twin);
      release(it0);
      const worst = errors.reduce((a, b) => (b.error > a.error ? b : a));
      console.log(JSON.stringify({ model: name, logits: errors.find((e) => e.name === 'logits')?.error, worst }));
      expect(beyond(errors)).toEqual([]);
    } finally {
      rmSync(file, { force: true });
    }
  });
});
