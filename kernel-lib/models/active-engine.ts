import * as tf from '@tensorflow/tfjs-core';
import { MesaBackend } from '../engine/backend';
import type { Engine } from '../engine/engine';
import { MesaError } from '../errors';

/** The engine that `start()` has made tfjs's active backend. */
export function activeEngine(): Engine {
  const { registry, backendName } = tf.engine();
  const backend = registry[backendName];
  if (backend instanceof MesaBackend) return backend.engine;
  throw new MesaError('no-engine', {
    at: 'engine',
    says: 'no engine of mesa-lab is active',
    try: 'await start(), or giving { engine: await start(...) }',
  });
}
