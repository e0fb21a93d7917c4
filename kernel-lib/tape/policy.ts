import { MesaError } from '../errors';
import type { Packing } from '../quant/packing';
import { matches } from './glob';
import type { Segment, Value } from './graph';

/** The form a value is kept in: its own bits, few bits, or nothing (restored from others). */
export type Keep = { readonly form: 'full' } | { readonly form: 'packed'; readonly packing: Packing } | { readonly form: 'derived' };

/** Which values a rule is about. All that is given must hold. */
export interface Match {
  /** Glob on the dotted name: `blocks.*.attn.q`. */
  readonly name?: string;
  /** A role, `op.slot`: `normalise.xhat`, `attention.probs`, `gelu.in`. */
  readonly role?: string;
  /** Inside Transformer blocks only. */
  readonly inBlocks?: true;
  /** What a block gets from the one before. */
  readonly blockInput?: true;
  /** The first value with that role which the block makes: the xhat of its first LayerNorm. */
  readonly first?: true;
}

export interface Rule {
  readonly match: Match;
  readonly keep: Keep;
  /** A preset's rule may match nothing (no convolution in a ViT); a user's own may not. */
  readonly optional?: boolean;
}

/** An ordered list of rules; the first that matches a value decides how it is kept. */
export interface Policy {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** Keep the value as it is. */
export const full: Keep = { form: 'full' };

/** Keep nothing: restore the value from others. */
export const derived: Keep = { form: 'derived' };

const PACKED: Packing = { bits: 8, group: 'row', range: 'batch', decay: 0.9, rounding: 'nearest' };

/** Keep the value in few bits; defaults: 8 bits, a range for each row and head, rounding to nearest. */
export function packed(options: Partial<Packing> = {}): Keep {
  return { form: 'packed', packing: { ...PACKED, ...options } };
}

/**
 * A policy of your own: your rules first, then those of `base`.
 *
 * @example
 * const mine = policy('mine', [[{ role: 'attention.probs' }, packed({ bits: 4, group: 'row' })]], policies.exact());
 */
export function policy(name: string, rules: readonly (readonly [Match, Keep])[], base?: Policy): Policy {
  const own = rules.map(([match, keep]) => ({ match, keep }));
  const inherited = base ? base.rules.map((r) => ({ ...r, optional: true })) : [];
  return { name, rules: [...own, ...inherited] };
}

/** How `policy` keeps a value that a segment's backward reads, and which rule said so. */
export function keepOf(policy: Policy, value: Value, segment: Segment, index: number): { readonly keep: Keep; readonly rule: Rule } {
  const rule = policy.rules.find(({ match }) => applies(match, value, segment, index));
  if (!rule) {
    throw new MesaError('policy-leaves-open', {
      at: value.name,
      says: `no rule of policy '${policy.name}' matches (roles ${[...value.roles].join(', ')})`,
      try: "a last rule '[{}, full]'",
    });
  }
  return { keep: rule.keep, rule };
}

function applies(match: Match, value: Value, segment: Segment, index: number): boolean {
  if ((match.inBlocks || match.blockInput) && !segment.block) return false;
  if (match.blockInput && value.segment === index) return false;
  if (match.role !== undefined && !value.roles.has(match.role)) return false;
  if (match.first && firstMade(segment, match.role) !== value) return false;
  return match.name === undefined || matches(match.name, value.name);
}

function firstMade(segment: Segment, role: string | undefined): Value | undefined {
  for (const node of segment.nodes) {
    for (const value of Object.values(node.outputs)) if (role === undefined || value.roles.has(role)) return value;
  }
  return undefined;
}

/** Throws when a rule that must match something matches no value of the graph at all. */
export function checkRules(policy: Policy, values: readonly { value: Value; segment: Segment; index: number }[]): void {
  for (const { match, optional } of policy.rules) {
    if (optional || values.some((v) => applies(match, v.value, v.segment, v.index))) continue;
    const roles = [...new Set(values.flatMap((v) => [...v.value.roles]))].sort();
    throw new MesaError('policy-matches-nothing', {
      says: `rule ${JSON.stringify(match)} of policy '${policy.name}' matches no value of this model`,
      try: match.role ? `one of the roles ${roles.join(', ')}` : 'a name of the table that `trainer.plan` prints',
    });
  }
}
