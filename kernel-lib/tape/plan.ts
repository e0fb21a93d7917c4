import { MesaError } from '../errors';
import { checkPacking, packedBytes } from '../quant/quantise';
import { flopsOf, specsOf } from './flops';
import type { Graph, Node, Segment, Value } from './graph';
import { elements, layoutOf } from './layout';
import type { Recipe } from './op';
import { checkRules, type Keep, keepOf, type Policy } from './policy';

/** A value that is kept for a segment's backward, and how. */
export interface Kept {
  readonly value: Value;
  readonly keep: Exclude<Keep, { form: 'derived' }>;
}

/** A way to make values from others: an op's forward run again (`recipe` null), or one of its recipes. */
export interface Derivation {
  readonly node: Node;
  readonly recipe: Recipe<unknown> | null;
  readonly from: readonly Value[];
  readonly to: readonly Value[];
  readonly flops: number;
}

/** What one segment keeps, and how its backward gets the rest. */
export interface SegmentPlan {
  readonly segment: Segment;
  /** What its backward finds kept. */
  readonly kept: ReadonlyMap<Value, Kept>;
  /** Of these, what it keeps itself: a value that several segments read is kept by the first of them. */
  readonly saves: readonly Kept[];
  readonly derived: ReadonlyMap<Value, Derivation>;
  /** Values that only exist in the scratch of their op's own backward kernel. */
  readonly inKernel: ReadonlySet<Value>;
  /** For each node with a wanted gradient, the values its backward is handed. */
  readonly reads: ReadonlyMap<Node, readonly Value[]>;
  /** Floating point operations that restoring adds to a sample's backward. */
  readonly extraFlops: number;
}

/** Policy x graph, resolved before the first step. */
export interface SavePlan {
  readonly policy: Policy;
  readonly segments: readonly SegmentPlan[];
  /** Whether a batch-wide range makes forward run the batch whole. */
  readonly wholeForward: boolean;
  /** Values whose gradient some trainable parameter needs. */
  readonly wanted: ReadonlySet<Value>;
}

/**
 * Resolves a policy on a graph: for every value that a wanted gradient reads, either a save or the cheapest way to derive it from saves
 * of the same segment. Throws with the chain where there is no way.
 */
export function resolve(graph: Graph, policy: Policy, trainable: (param: string) => boolean): SavePlan {
  const trained = withoutBuffers(graph, trainable);
  const wanted = wantedGradients(graph, trained);
  checkRules(
    policy,
    graph.segments.flatMap((segment, index) => valuesOf(segment).map((value) => ({ value, segment, index }))),
  );
  const segments = keptOnce(graph.segments.map((segment, index) => resolveSegment(segment, index, policy, wanted, trained)));
  const wholeForward = segments.some((s) => s.saves.some(({ keep }) => keep.form === 'packed' && batchWide(keep.packing.group)));
  return { policy, segments, wholeForward, wanted };
}

/** Requested bytes that a segment's saves take for a number of samples. */
export function keptBytes({ value, keep }: Kept, samples: number): { readonly bytes: number; readonly ranges: number } {
  if (keep.form === 'full') return { bytes: elements(value.spec) * samples * 4, ranges: 0 };
  const { codes, ranges } = packedBytes(layoutOf(value.spec, samples), keep.packing);
  return { bytes: codes, ranges };
}

/** Buffers have no gradient. */
export function withoutBuffers(graph: Graph, trainable: (param: string) => boolean): (param: string) => boolean {
  return (param) => !graph.params.get(param)?.buffer && trainable(param);
}

/** A value that several segments find kept has one save, in the form in which the first of them keeps it. */
function keptOnce(segments: readonly Omit<SegmentPlan, 'saves'>[]): SegmentPlan[] {
  const first = new Map<Value, Kept>();
  return segments.map((s) => {
    const saves = [...s.kept.values()].filter(({ value }) => !first.has(value));
    for (const k of saves) first.set(k.value, k);
    return { ...s, saves, kept: new Map([...s.kept.keys()].map((v) => [v, first.get(v) as Kept])) };
  });
}

function batchWide(group: unknown): boolean {
  return group === 'head' || group === 'channel' || group === 'tensor';
}

/** A packing that does not fit a value is said before the first step. */
function checkKeep(v: Value, keep: Keep): void {
  if (keep.form !== 'packed') return;
  try {
    checkPacking(layoutOf(v.spec, 1), keep.packing);
  } catch (e) {
    throw e instanceof MesaError ? e.under(v.name) : e;
  }
}

/** A value wants a gradient when a trainable parameter stands on the way to it. */
function wantedGradients(graph: Graph, trainable: (param: string) => boolean): Set<Value> {
  const wanted = new Set<Value>();
  for (const node of graph.segments.flatMap((s) => s.nodes)) {
    const upstream = Object.values(node.inputs).some((v) => wanted.has(v)) || Object.values(node.params).some(trainable);
    if (upstream) for (const v of Object.values(node.outputs)) wanted.add(v);
  }
  return wanted;
}

function valuesOf(segment: Segment): Value[] {
  return [...new Set(segment.nodes.flatMap((n) => Object.values(n.values)))];
}

/** Values that the gradients of this node read: those of inputs that want one and of trainable parameters. */
function readsOf(node: Node, wanted: ReadonlySet<Value>, trainable: (param: string) => boolean): Value[] {
  const slots = [
    ...Object.entries(node.inputs)
      .filter(([, v]) => wanted.has(v))
      .map(([slot]) => slot),
    ...Object.entries(node.params)
      .filter(([, p]) => trainable(p))
      .map(([slot]) => slot),
  ];
  return [...new Set(slots.flatMap((slot) => node.op.reads[slot] ?? []))].map((slot) => valueAt(node, slot));
}

function valueAt(node: Node, slot: string): Value {
  const value = node.values[slot];
  if (!value)
    throw new MesaError('bad-op', { at: node.name, says: `op ${node.op.name} reads '${slot}', which is neither an input nor an output` });
  return value;
}

function resolveSegment(
  segment: Segment,
  index: number,
  policy: Policy,
  wanted: ReadonlySet<Value>,
  trainable: (p: string) => boolean,
): Omit<SegmentPlan, 'saves'> {
  const edges = segment.nodes.flatMap(derivations);
  const keeps = new Map(valuesOf(segment).map((v) => [v, v.segment === -1 ? undefined : keepOf(policy, v, segment, index).keep]));
  const isKept = (v: Value): boolean => keeps.get(v)?.form !== 'derived';
  // Restoring a packed value reads and writes each element once: two operations, so that of two equal ways the shorter wins.
  const best = cheapest(edges, isKept, valuesOf(segment), (v) => (keeps.get(v)?.form === 'packed' ? 2 * elements(v.spec) : 0));

  const kept = new Map<Value, Kept>();
  const derived = new Map<Value, Derivation>();
  const inKernel = new Set<Value>();
  const demand = (v: Value): void => {
    if (v.segment === -1 || kept.has(v) || derived.has(v)) return;
    const keep = keeps.get(v);
    if (keep && keep.form !== 'derived') {
      checkKeep(v, keep);
      kept.set(v, { value: v, keep });
      return;
    }
    const edge = best.get(v)?.edge;
    if (!edge) throw notDerivable(v, segment, index, edges, policy);
    derived.set(v, edge);
    for (const u of edge.from) demand(u);
  };

  const reads = new Map<Node, Value[]>();
  for (const node of segment.nodes) {
    if (!Object.values(node.outputs).some((v) => wanted.has(v))) continue;
    const handed: Value[] = [];
    for (const v of readsOf(node, wanted, trainable)) {
      const own = isKept(v) ? undefined : ownRecipe(node, v);
      if (own) {
        inKernel.add(v);
        handed.push(...own.from);
      } else {
        handed.push(v);
      }
    }
    reads.set(node, [...new Set(handed)]);
    for (const v of handed) demand(v);
  }
  const ran = new Set(derived.values());
  return { segment, kept, derived, inKernel, reads, extraFlops: [...ran].reduce((sum, e) => sum + e.flops, 0) };
}

/** Everything that can be made inside a segment: ops run forward, recipes, inverses. */
function derivations(node: Node): Derivation[] {
  const specs = specsOf(node);
  const at = (slots: readonly string[]): Value[] => slots.map((slot) => valueAt(node, slot));
  const again: Derivation = {
    node,
    recipe: null,
    from: Object.values(node.inputs),
    to: Object.values(node.outputs),
    flops: flopsOf(node),
  };
  const recipes = (node.op.recipes ?? [])
    .filter((r) => !r.inKernel)
    .map((recipe) => ({ node, recipe, from: at(recipe.from), to: at(recipe.to), flops: recipe.flops(specs, node.attrs) }));
  return [again, ...recipes];
}

/** The recipe by which an op's backward kernel makes a value of its own in scratch. */
function ownRecipe(node: Node, v: Value): { readonly from: Value[] } | undefined {
  const recipe = node.op.recipes?.find((r) => r.inKernel && r.to.some((slot) => node.outputs[slot] === v));
  return recipe && { from: recipe.from.map((slot) => valueAt(node, slot)) };
}

interface Way {
  readonly cost: number;
  readonly edge?: Derivation;
}

/** Least floating point operations to have each value, and the last derivation on that way (Bellman-Ford over hyper-edges). */
function cheapest(
  edges: readonly Derivation[],
  isKept: (v: Value) => boolean,
  values: readonly Value[],
  restore: (v: Value) => number,
): Map<Value, Way> {
  const best = new Map<Value, Way>();
  for (const v of values) if (v.segment === -1 || isKept(v)) best.set(v, { cost: restore(v) });
  for (let changed = true; changed; ) {
    changed = false;
    for (const edge of edges) {
      const cost = edge.from.reduce((sum, v) => sum + (best.get(v)?.cost ?? Number.POSITIVE_INFINITY), edge.flops);
      for (const v of edge.to) {
        if (cost < (best.get(v)?.cost ?? Number.POSITIVE_INFINITY) && !isKept(v)) {
          best.set(v, { cost, edge });
          changed = true;
        }
      }
    }
  }
  return best;
}

/** Says why a value cannot be had: the chain down to a cycle or to a value of another segment. */
function notDerivable(v: Value, segment: Segment, index: number, edges: readonly Derivation[], policy: Policy): MesaError {
  const chain = [v];
  for (let at = v; ; ) {
    const edge = edges.find((e) => e.to.includes(at));
    const next = edge?.from.find((u) => u.segment !== -1);
    if (!edge || !next) break;
    const cycle = chain.includes(next);
    chain.push(next);
    if (cycle) break;
    at = next;
  }
  const last = chain.at(-1) as Value;
  const outside = last.segment !== index;
  return new MesaError(outside ? 'leaf-outside-block' : 'derivation-cycle', {
    at: v.name,
    says:
      `policy '${policy.name}' keeps nothing in ${segment.name} that this value can be restored from: ${chain.map((c) => c.name).join(' <- ')}` +
      (outside ? ', which another block makes' : ''),
    try: `a rule that keeps one of them, such as [{ name: '${last.name}' }, full]`,
  });
}
