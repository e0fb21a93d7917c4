import type { Op, Recipe, Spec } from '../../kernel-lib/tape/op';

/** An op without arithmetic, for tests of the resolver. */
export function toyOp(
  name: string,
  o: {
    inputs: string[];
    outputs: string[];
    reads?: Record<string, string[]>;
    inner?: string[];
    params?: string[];
    flops?: number;
    recipes?: { from: string[]; to: string[]; flops?: number; inKernel?: boolean }[];
    dims?: number[];
  },
): Op {
  const spec: Spec = { rows: 1, dims: o.dims ?? [4] };
  const none = (): never => {
    throw new Error('a toy op does not run');
  };
  return {
    name,
    inputs: o.inputs,
    params: o.params ?? [],
    outputs: o.outputs,
    reads: o.reads ?? {},
    ...(o.inner ? { inner: o.inner } : {}),
    specs: () => Object.fromEntries(o.outputs.map((slot) => [slot, spec])),
    recipes: (o.recipes ?? []).map(
      (r): Recipe<Record<string, never>> => ({
        from: r.from,
        to: r.to,
        ...(r.inKernel ? { inKernel: true } : {}),
        plain: none,
        flops: () => r.flops ?? 1,
      }),
    ),
    flops: () => o.flops ?? 10,
    forward: none,
    backward: none,
  };
}

export const norm = toyOp('normalise', {
  inputs: ['x'],
  params: ['weight'],
  outputs: ['out', 'xhat', 'mean', 'rstd'],
  inner: ['xhat', 'mean', 'rstd'],
  flops: 8,
  reads: { x: ['xhat', 'rstd'], weight: ['xhat'] },
  recipes: [
    { from: ['xhat'], to: ['out'] },
    { from: ['x', 'mean', 'rstd'], to: ['xhat'] },
    { from: ['xhat', 'mean', 'rstd'], to: ['x'] },
  ],
});
export const dense = toyOp('linear', { inputs: ['in'], params: ['weight'], outputs: ['out'], flops: 1000, reads: { weight: ['in'] } });
export const act = toyOp('gelu', { inputs: ['in'], outputs: ['out'], flops: 20, reads: { in: ['in'] } });
export const add = toyOp('residual', { inputs: ['in', 'branch'], outputs: ['out'], flops: 1 });
export const mix = toyOp('attention', {
  inputs: ['q'],
  outputs: ['o', 'probs'],
  inner: ['probs'],
  flops: 500,
  reads: { q: ['q', 'probs'] },
  recipes: [{ from: ['q'], to: ['probs'], inKernel: true, flops: 100 }],
});
