import { afterEach, describe, expect, it } from 'vitest';
import { start } from '../../kernel-lib/engine/start';
import { MesaError } from '../../kernel-lib/errors';
import { inJupyter } from '../../kernel-lib/show/display';
import { memory } from '../../kernel-lib/show/memory';
import { contents, digest, release, rig } from '../train/setup';

const engineOf = () => start({ backend: 'js', quiet: true });
afterEach(async () => memory.budget(Number.POSITIVE_INFINITY, await engineOf()));

describe('memory()', () => {
  it('lists who holds the heap, largest first', async () => {
    const it0 = rig(await engineOf());
    const { owners, liveBytes } = memory(it0.engine);
    expect(owners.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(liveBytes);
    expect(owners.map(({ bytes }) => bytes)).toEqual(owners.map(({ bytes }) => bytes).sort((a, b) => b - a));
    expect(((await memory(it0.engine)[inJupyter]()) as Record<string, string>)['text/plain']).toContain('blocks.0.attn.qkv.weight');
    release(it0);
  });
});

describe('a budget', () => {
  it('stops a step that would take more, and leaves everything as it was', async () => {
    const engine = await engineOf();
    const it0 = rig(engine);
    await it0.trainer.step();
    const { peakBytes } = await it0.trainer.step(); // the first had no running ranges yet
    const before = { weights: digest(contents(engine, it0.model.params).values()), live: engine.ledger.liveBytes };
    memory.budget(peakBytes - 1, engine);
    const refused = await it0.trainer.step().catch((e: unknown) => e);
    expect(refused).toMatchObject({
      code: 'over-budget',
      message: expect.stringMatching(/more do not fit: .* MiB of .* MiB are held, most by/),
    });
    expect({ weights: digest(contents(engine, it0.model.params).values()), live: engine.ledger.liveBytes }).toEqual(before);
    memory.budget(peakBytes, engine);
    expect((await it0.trainer.step()).step).toBe(3);
    release(it0);
  });

  it('is a number of bytes', async () => {
    const engine = await engineOf();
    expect(() => memory.budget(0, engine)).toThrow(MesaError);
  });
});

describe('badges', () => {
  const shown: string[] = [];
  const world = globalThis as { Deno?: unknown };
  const cell = (f: () => void): string | undefined => {
    shown.length = 0;
    process.emit('mesa-lab:before-cell' as never);
    f();
    process.emit('mesa-lab:after-cell' as never);
    return shown[0];
  };
  afterEach(() => {
    memory.badges(false);
    delete world.Deno;
  });

  it('say of a cell what it took and left, and nothing of one that left the heap alone', async () => {
    world.Deno = {
      jupyter: { broadcast: async (_: string, { data }: { data: Record<string, string> }) => void shown.push(data['text/plain'] ?? '') },
    };
    const engine = await engineOf();
    memory.badges();
    memory.badges(); // once more is the same
    let kept = engine.empty([1]);
    kept.dispose();
    const text = cell(() => {
      engine.empty([2 ** 20]).dispose();
      kept = engine.empty([2 ** 18], 'float32', { category: 'data', name: 'mine' });
    });
    expect(text).toBe('heap 0 MiB → 1.00 MiB, peak 4.00 MiB; left: data mine 1.00 MiB');
    expect(shown).toHaveLength(1);
    expect(cell(() => {})).toBeUndefined();
    kept.dispose();
    memory.badges(false);
    expect(cell(() => engine.empty([2 ** 18]).dispose())).toBeUndefined();
  });
});
