import type { SavePlan } from '../tape/plan';

/** How backward gets the values that it reads, by name. */
export interface Reads {
  readonly kept: ReadonlySet<string>;
  /** Made again, in kernels too. */
  readonly derived: ReadonlySet<string>;
  /** Made again inside a kernel only. */
  readonly inKernel: ReadonlySet<string>;
}

export const noReads: Reads = { kept: new Set(), derived: new Set(), inKernel: new Set() };

export function readsOf({ segments }: SavePlan): Reads {
  const inKernel = segments.flatMap((s) => [...s.inKernel]).map((v) => v.name);
  const derived = segments.flatMap((s) => [...s.derived.keys()]).map((v) => v.name);
  return {
    kept: new Set(segments.flatMap((s) => [...s.kept.keys()]).map((v) => v.name)),
    derived: new Set([...inKernel, ...derived]),
    inKernel: new Set(inKernel),
  };
}
