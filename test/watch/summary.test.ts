import { describe, expect, it } from 'vitest';
import { deitTiny } from '../../kernel-lib/models/vit';
import { resolve } from '../../kernel-lib/tape/plan';
import { plannedSavedBytes } from '../../kernel-lib/tape/plan-table';
import { policies } from '../../kernel-lib/tape/policies';
import { summary } from '../../kernel-lib/watch/summary';

const graph = deitTiny();

describe('summary', () => {
  it.each(['exact', 'mesa', 'plus', 'inputs', 'checkpoint'] as const)('adds up to what the plan of %s keeps', (name) => {
    const policy = policies[name]();
    const { savedBytes, rows } = summary({ graph }, policy, 16);
    expect(savedBytes).toBe(
      plannedSavedBytes(
        resolve(graph, policy, () => true),
        16,
      ),
    );
    expect(rows.reduce((sum, r) => sum + r.savedBytes, 0)).toBe(savedBytes);
  });

  it('knows the parameters and operations of DeiT-Ti', () => {
    const plus = summary({ graph }, policies.plus());
    const { parameters, flops, rows } = plus;
    expect(parameters).toBe(5_717_416);
    expect(flops / 1e9).toBeCloseTo(2.55, 1); // 1.26 G multiply-adds, and what stands between products
    expect(rows.find((r) => r.layer === 'blocks.3.mlp.hidden')).toEqual({
      block: 'blocks.3',
      layer: 'blocks.3.mlp.hidden',
      op: 'linear',
      shape: '[197, 768]',
      parameters: 768 * 192 + 768,
      flops: 2 * 197 * 192 * 768,
      savedBytes: 197 * (768 + 3 * 4),
      keeps: 'hidden 8 bit',
    });
    expect(plus.toString()).toMatch(/^5,717,416 parameters; 2\.\d+ GFLOP forward and 4\.\d MiB in saves for 1 sample under policy 'plus'$/);
  });

  it('keeps nothing for frozen layers', () => {
    expect(summary({ graph, frozen: new Set(graph.params.keys()) }, policies.exact()).savedBytes).toBe(0);
  });
});
