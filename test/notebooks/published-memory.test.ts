import { describe, expect, it } from 'vitest';
import { policies } from '../../kernel-lib/tape/policies';
import { blockBytes, fourColumns, layoutBytes, type ModelName, PUBLISHED } from '../../notebooks/published-memory';

describe('the byte model of the published layout', () => {
  it('is 36C + 8HN and 16C + 3HN bytes a token of a DeiT block', () => {
    const [C, H, N] = [384, 6, 197];
    const { amp, mesa } = blockBytes({ count: 1, channels: C, heads: H, tokens: N, keys: N });
    expect(amp / N).toBe(36 * C + 8 * H * N);
    expect(mesa / N).toBe(16 * C + 3 * H * N);
  });

  it('stays below the published peaks, which have temporaries as well, and explains most of them', () => {
    for (const [name, { amp, mesa }] of Object.entries(PUBLISHED)) {
      const layout = layoutBytes(name as ModelName);
      for (const [bytes, peak] of [
        [layout.amp, amp],
        [layout.mesa, mesa],
      ] as const) {
        // biome-ignore format: pairs
        expect(bytes / 2 ** 20, name).toBeLessThan(peak);
        expect(bytes / 2 ** 20, name).toBeGreaterThan((name === 'pvtTiny' ? 0.7 : 0.84) * peak);
      }
    }
  });

  it('explains the ratio of each row to within a tenth', () => {
    for (const [name, { amp, mesa }] of Object.entries(PUBLISHED)) {
      const layout = layoutBytes(name as ModelName);
      expect(Math.abs(layout.amp / layout.mesa / (amp / mesa) - 1), name).toBeLessThan(0.1);
    }
  });

  it('stands between the published peak and PyTorch of today, or says that this was not counted', () => {
    const one = { amp: 2 ** 20, float32: 3 * 2 ** 20, sdpa: null };
    const savedBytes = { deitTiny: one, deitSmall: one, deitBase: one, swinTiny: one, pvtTiny: one };
    const names = ['deitTiny'] as const;
    const [row, mesa] = fourColumns(policies.inputs(), policies.inputs(), { names, counted: { command: '', torch: '', savedBytes } });
    const rest = (16 * 5_717_416) / 2 ** 20 + 73.5;
    expect(row).toMatchObject({ model: 'DeiT-Ti, baseline', 'published peak': '4,171', 'byte model of that layout': '3,589' });
    expect(row?.['PyTorch of today, AMP | float32']).toBe(`${Math.round(1 + rest)} | ${Math.round(3 + rest)}`);
    expect(mesa).toMatchObject({ model: 'DeiT-Ti, Mesa', 'published peak': '1,858', 'byte model of that layout': '1,628' });
    const [uncounted] = fourColumns(policies.inputs(), policies.inputs(), { names, counted: null });
    expect(uncounted?.['PyTorch of today, AMP | float32']).toBe('not counted | not counted');
  });
});
