import { MesaError } from '../errors';
import type { Op, Spec, Specs } from './op';

/** A value of the graph: what it is called, where it is made, who reads it forward. */
export interface Value {
  readonly name: string;
  readonly spec: Spec;
  /** Roles a policy may name: `slot of op` for the op that makes it and for every op that takes it: `normalise.xhat`, `linear.in`. */
  readonly roles: ReadonlySet<string>;
  /** Segment that makes it; -1 for a feed (images, labels), which is there as long as its batch. */
  readonly segment: number;
}

/** One use of an op. */
export interface Node {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a graph holds ops of every attribute type
  readonly op: Op<any>;
  readonly attrs: unknown;
  /** Input slot -> value. */
  readonly inputs: { readonly [slot: string]: Value };
  /** Parameter slot -> parameter name. */
  readonly params: { readonly [slot: string]: string };
  readonly outputs: { readonly [slot: string]: Value };
  /** Inputs and outputs. */
  readonly values: { readonly [slot: string]: Value };
}

/** A run of nodes whose saves are restored together: a Transformer block, or what stands before and after the blocks. */
export interface Segment {
  readonly name: string;
  /** Whether policies treat it as a block. */
  readonly block: boolean;
  readonly nodes: readonly Node[];
}

/** How a parameter starts, and its shape. */
export interface ParamSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Init;
  /** Moved by forward in training (a running mean), never by a gradient. */
  readonly buffer?: true;
}

export type Init =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' }
  | { readonly kind: 'truncatedNormal'; readonly std: number }
  | { readonly kind: 'uniform'; readonly bound: number };

/** A model as data: segments of nodes, and the parameters they read. */
export interface Graph {
  readonly feeds: { readonly [name: string]: Value };
  readonly params: ReadonlyMap<string, ParamSpec>;
  readonly segments: readonly Segment[];
  /** Values that a caller may ask for: `losses` ([b], one a sample) and whatever the model names, such as `logits`. */
  readonly results: { readonly [name: string]: Value };
}

/**
 * Builds a graph: a model is a function that calls it from top to bottom.
 *
 * @example
 * const g = new GraphBuilder();
 * const x = g.feed('images', { rows: 1, dims: [3, 32, 32] });
 * g.segment('embed', { block: false }, () => { ... g.apply(linear, 'head', { in: x }, { weight: 'head.weight' }) ... });
 */
export class GraphBuilder {
  private readonly feeds: Record<string, Value> = {};
  private readonly params = new Map<string, ParamSpec>();
  private readonly segments: { name: string; block: boolean; nodes: Node[] }[] = [];
  private readonly names = new Set<string>();
  private readonly results: Record<string, Value> = {};
  private open = false;

  /** A value given with every batch. */
  feed(name: string, spec: Spec): Value {
    const value = { name, spec, roles: new Set([`feed.${name}`]), segment: -1 };
    this.feeds[name] = value;
    return value;
  }

  /** Declares a parameter; the same name again gives the same parameter (a layer used twice). */
  param(name: string, shape: readonly number[], init: Init): string {
    return this.declare({ name, shape, init });
  }

  /** Declares a buffer: stored with the parameters, moved by forward in training, never trained. */
  buffer(name: string, shape: readonly number[], init: Init): string {
    return this.declare({ name, shape, init, buffer: true });
  }

  private declare(spec: ParamSpec): string {
    const { name, shape } = spec;
    const known = this.params.get(name);
    if (known && known.shape.join() !== shape.join()) {
      throw new MesaError('parameter-shape', { at: name, says: `used with shape [${shape}] after [${known.shape}]`, try: 'another name' });
    }
    if (!known) this.params.set(name, spec);
    return name;
  }

  /** Runs `build` with a new segment open; every node made there belongs to it. */
  segment<T>(name: string, options: { readonly block: boolean }, build: () => T): T {
    if (this.open) throw new MesaError('nested-segment', { at: name, says: 'a segment cannot stand inside another' });
    this.segments.push({ name, block: options.block, nodes: [] });
    this.open = true;
    try {
      return build();
    } finally {
      this.open = false;
    }
  }

  /** Applies an op; output `out` is called `name` if it is the only one, else `name.slot`. A name used again becomes `name#2`. */
  apply<A>(
    op: Op<A>,
    name: string,
    inputs: { readonly [slot: string]: Value },
    params: { readonly [slot: string]: string } = {},
    attrs?: A,
  ): { [slot: string]: Value } {
    const segment = this.segments.at(-1);
    if (!this.open || !segment) throw new MesaError('no-segment', { at: name, says: 'an op outside a segment', try: 'g.segment(...)' });
    for (const slot of op.inputs)
      if (!inputs[slot]) throw new MesaError('missing-input', { at: name, says: `${op.name} needs input '${slot}'` });
    for (const slot of op.params) {
      if (!params[slot] && !op.optional?.includes(slot))
        throw new MesaError('missing-parameter', { at: name, says: `${op.name} needs parameter '${slot}'` });
    }
    const given: Record<string, Spec> = {};
    for (const [slot, v] of Object.entries(inputs)) given[slot] = v.spec;
    for (const [slot, p] of Object.entries(params)) given[slot] = { rows: 1, dims: this.params.get(p)?.shape ?? [] };
    const unique = this.unique(name, op.outputs);
    const specs = this.specs(op, given, attrs as A, unique);
    const outputs: Record<string, Value> = {};
    for (const slot of op.outputs) {
      const value = {
        name: op.outputs.length === 1 ? unique : `${unique}.${slot}`,
        spec: specs[slot] as Spec,
        roles: new Set<string>(),
        segment: this.segments.length - 1,
      };
      value.roles.add(`${op.role ?? op.name}.${slot}`);
      outputs[slot] = value;
    }
    for (const [slot, v] of Object.entries(inputs)) (v.roles as Set<string>).add(`${op.role ?? op.name}.${slot}`);
    segment.nodes.push({ name: unique, op, attrs, inputs, params, outputs, values: { ...inputs, ...outputs } });
    return outputs;
  }

  /** Names a value that callers may ask for; `losses` is what training reduces. */
  result(name: string, value: Value): void {
    this.results[name] = value;
  }

  build(): Graph {
    if (!this.results.losses) throw new MesaError('no-losses', { says: "a model must name its result 'losses', one number a sample" });
    return { feeds: this.feeds, params: this.params, segments: this.segments, results: this.results };
  }

  /** Two nodes may share a name while their outputs differ (`attn.q` of one, `attn.o` of the other); else the later one is `name#2`. */
  private unique(name: string, outputs: readonly string[]): string {
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? name : `${name}#${n}`;
      const values = outputs.map((slot) => (outputs.length === 1 ? candidate : `${candidate}.${slot}`));
      if (values.some((v) => this.names.has(v))) continue;
      for (const v of values) this.names.add(v);
      return candidate;
    }
  }

  private specs<A>(op: Op<A>, given: Specs, attrs: A, at: string): Specs {
    try {
      return op.specs(given, attrs);
    } catch (e) {
      if (e instanceof MesaError && !e.at) throw e.under(at);
      throw e;
    }
  }
}
