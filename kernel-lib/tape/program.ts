import type { Graph, Node, Value } from './graph';
import type { Derivation, Kept, SavePlan, SegmentPlan } from './plan';

/** Forward of a segment: what to save on entry, then node by node what to run, save and release. */
export interface ForwardProgram {
  readonly enter: readonly Kept[];
  readonly steps: readonly {
    readonly node: Node;
    readonly inner: ReadonlySet<Value>;
    readonly save: readonly Kept[];
    readonly release: readonly Value[];
  }[];
}

/** One step of a segment's backward. After it, `release` have no further reader; `last`: no other segment restores the value. */
export type BackwardStep =
  | { readonly kind: 'restore'; readonly kept: Kept; readonly last: boolean; readonly release: readonly Value[] }
  | { readonly kind: 'derive'; readonly derivation: Derivation; readonly to: ReadonlySet<Value>; readonly release: readonly Value[] }
  | { readonly kind: 'backward'; readonly node: Node; readonly reads: readonly Value[]; readonly release: readonly Value[] };

/** The forward programs of all segments: a value is released after its last reader in the whole graph. */
export function forwardPrograms(graph: Graph, plan: SavePlan): ForwardProgram[] {
  const last = new Map<Value, Node>();
  for (const node of graph.segments.flatMap((s) => s.nodes)) {
    for (const v of Object.values(node.outputs)) last.set(v, node); // an output that nobody reads goes at once
    for (const v of Object.values(node.inputs)) if (v.segment !== -1) last.set(v, node);
  }
  const releases = new Map<Node, Value[]>();
  for (const [v, node] of last) releases.set(node, [...(releases.get(node) ?? []), v]);
  return plan.segments.map(({ segment, saves }, index) => ({
    enter: saves.filter(({ value }) => value.segment !== index),
    steps: segment.nodes.map((node) => {
      const outputs = new Set(Object.values(node.outputs));
      const save = saves.filter(({ value }) => outputs.has(value));
      return { node, inner: new Set(save.map(({ value }) => value)), save, release: releases.get(node) ?? [] };
    }),
  }));
}

/** The backward program of a segment: nodes in reverse, each value restored or derived just before its first reader. */
export function backwardProgram(plan: SegmentPlan): BackwardStep[] {
  const steps: (BackwardStep & { release: Value[]; uses: Value[] })[] = [];
  const have = new Set<Value>();
  const demanded = new Set<Value>([...plan.derived.keys()]);

  const get = (v: Value): void => {
    if (have.has(v) || v.segment === -1) return;
    const kept = plan.kept.get(v);
    if (kept) {
      have.add(v);
      steps.push({ kind: 'restore', kept, last: plan.saves.includes(kept), release: [], uses: [v] });
      return;
    }
    const derivation = plan.derived.get(v) as Derivation;
    for (const u of derivation.from) get(u);
    const to = new Set(derivation.to.filter((u) => demanded.has(u) && !have.has(u) && plan.derived.get(u) === derivation));
    for (const u of to) have.add(u);
    steps.push({ kind: 'derive', derivation, to, release: [], uses: [...derivation.from, ...to] });
  };

  for (const node of [...plan.segment.nodes].reverse()) {
    const reads = plan.reads.get(node);
    if (!reads) continue;
    for (const v of reads) get(v);
    steps.push({ kind: 'backward', node, reads, release: [], uses: [...reads] });
  }

  const seen = new Set<Value>();
  for (const step of [...steps].reverse()) {
    for (const v of step.uses) {
      if (v.segment === -1 || seen.has(v)) continue;
      seen.add(v);
      step.release.push(v);
    }
  }
  return steps;
}
