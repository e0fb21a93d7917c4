import type { Graph } from '../tape/graph';
import { policies } from '../tape/policies';
import type { Policy } from '../tape/policy';

/** A policy under which some blocks keep what `exact` keeps. */
export function withExact(base: Policy, blocks: readonly string[]): Policy {
  const rules = blocks.flatMap((block) =>
    policies.exact().rules.map(({ match, keep }) => ({ match: { ...match, name: `${block}.**` }, keep, optional: true })),
  );
  return { name: `${base.name}, exact in ${blocks.join(' and ')}`, rules: [...rules, ...base.rules] };
}

/** The blocks that make some of these values. */
export function blocksOf({ segments }: Graph, values: ReadonlySet<string>): string[] {
  const makes = (segment: Graph['segments'][0]): boolean =>
    segment.nodes.some(({ outputs }) => Object.values(outputs).some((v) => values.has(v.name)));
  return segments.filter((segment) => segment.block && makes(segment)).map(({ name }) => name);
}
