import { describe, expect, it } from 'vitest';
import { dryEngine } from '../../kernel-lib/engine/dry';
import { ACTIVATION, recordTimeline, sum } from '../../kernel-lib/show/timeline';

async function run(points?: number) {
  const engine = dryEngine({ threads: 1 });
  const kept = engine.empty([1000], 'float32', { category: 'weights' });
  const recorded = await recordTimeline(
    engine.ledger,
    async () => {
      const saves = Array.from({ length: 50 }, () => engine.empty([256], 'float32', { category: 'saves' }));
      for (const t of saves) t.dispose();
      return 'done';
    },
    points,
  );
  engine.empty([8]);
  return { ...recorded, kept };
}

describe('a timeline', () => {
  it('has every allocation and release in order, and the result', async () => {
    const { result, timeline } = await run();
    expect(result).toBe('done');
    expect(timeline.points.map((p) => p.saves / 1024)).toEqual([...Array(51).keys(), ...[...Array(50).keys()].reverse()]);
    expect(timeline.points.every((p) => p.weights === 4000)).toBe(true);
  });

  it('keeps the peak when it is thinned', async () => {
    const { timeline } = await run(7);
    expect(timeline.points.length).toBeLessThanOrEqual(7);
    expect(Math.max(...timeline.points.map((p) => sum(p, ACTIVATION)))).toBe(50 * 1024);
    expect(timeline.activationPeakBytes).toBe(50 * 1024);
  });
});
