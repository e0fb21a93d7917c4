import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Setting } from './accumulate';
import { feedTensors, type Samples } from './feeds';

/** Forward over samples without saves: hands the named results to `use` and releases them. */
export function infer<T>(setting: Setting, samples: Samples, names: readonly string[], use: (results: readonly Tensor[]) => T): T {
  const { engine, graph, tape, params, ranges, seed, step } = setting;
  for (const name of names) {
    if (graph.results[name]) continue;
    throw new MesaError(`no-${name}`, { says: `the model names no result '${name}'`, try: `g.result('${name}', value) in the model` });
  }
  const feeds = feedTensors(engine, graph, samples, 0, samples.count);
  try {
    const results = tape.infer(params, feeds, { samples: samples.count, seed, step, micro: 0, training: false, ranges }, names);
    try {
      return use(names.map((name) => results[name] as Tensor));
    } finally {
      dispose(results);
    }
  } finally {
    dispose(feeds);
  }
}
