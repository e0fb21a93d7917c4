import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dryEngine } from '../../kernel-lib/engine/dry';
import { start } from '../../kernel-lib/engine/start';
import { policies } from '../../kernel-lib/tape/policies';
import { packed, policy } from '../../kernel-lib/tape/policy';
import { bits, fidelity } from '../acceptance/setup';
import { graphOf, type Made, pass, type Rig, readStored, release, rig, STORED, step } from './twin';

const names = Object.keys(policies) as (keyof typeof policies)[];

/** Samples of a batch that runs in slices of unequal size. */
const [SAMPLES, SLICE] = [3, 2];

describe.each(STORED)('%s', (name) => {
  const segmentation = name.startsWith('semantic');
  let it0: Rig;
  let live = 0;
  const made = new Map<string, Made>();

  beforeAll(async () => {
    const engine = await start({ threads: 2, poison: true, quiet: true });
    it0 = rig(engine, graphOf(await readStored(name), { dropPath: 0.3, ...(segmentation && { dropout: 0.1 }) }), SAMPLES);
    live = engine.ledger.liveBytes;
    for (const policy of names) made.set(policy, step(it0, { policy: policies[policy](), slice: SLICE }));
  });
  afterAll(() => release(it0));

  const gradients = (policy: string): Made => new Map([...made.get(policy)!].filter(([key]) => key.startsWith('gradient')));

  it('leaves nothing allocated under any policy', () => {
    expect(it0.engine.ledger.liveBytes).toBe(live);
  });

  it('has the same forward bits under every policy', () => {
    const forward = (m: Made): Float32Array[] => [...m].filter(([key]) => !key.startsWith('gradient')).map(([, values]) => values);
    expect(new Set(names.map((policy) => bits(forward(made.get(policy)!)))).size).toBe(1);
  });

  it('has exactly the gradients of exact under checkpoint', () => {
    for (const [key, gradient] of gradients('exact')) {
      expect({ key, bits: bits([gradients('checkpoint').get(key)!]) }).toEqual({ key, bits: bits([gradient]) });
    }
  });

  it('comes near the exact gradients under every policy, and not with 2 bits', () => {
    const coarse = policy('coarse', [[{ role: 'normalise.xhat', inBlocks: true }, packed({ bits: 2 })]], policies.norms());
    made.set('coarse', step(it0, { policy: coarse, slice: SLICE }));
    const near = [...names, 'coarse'].filter((policy) => {
      const { cos, rel } = fidelity(gradients(policy), gradients('exact'));
      return cos > 0.9998 && rel < 0.02;
    });
    expect(near).toEqual(names);
  });

  it('takes on the dry engine exactly the bytes of the real one', () => {
    const dry = rig(dryEngine({ threads: 2 }), it0.model.graph, SAMPLES);
    for (const name of names) {
      const [planned, real] = [dry, it0].map((rig) => {
        rig.engine.ledger.resetPeak();
        const savedBytes = pass(rig, { policy: policies[name](), slice: SLICE }, ({ savedBytes }) => savedBytes);
        return { name, savedBytes, peak: rig.engine.ledger.peakTotals() };
      });
      expect(planned).toEqual(real);
    }
    release(dry);
  });
});
