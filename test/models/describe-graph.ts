import type { Graph, Value } from '../../kernel-lib/tape/graph';

// What tests say of a graph.

/** Numbers that training moves by gradients; of the parameters whose names start so. */
export function paramCount({ params }: Graph, prefix = ''): number {
  const counted = [...params.values()].filter(({ name, buffer }) => !buffer && name.startsWith(prefix));
  return counted.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
}

/** `name [shape] start` of each parameter that fits. */
export function parameters({ params }: Graph, fits: RegExp): string[] {
  const start = (init: { kind: string; std?: number; bound?: number }): string =>
    [init.kind, ...[init.std, init.bound].filter((n) => n !== undefined).map((n) => n.toFixed(4))].join(' ');
  return [...params.values()].filter(({ name }) => fits.test(name)).map(({ name, shape, init }) => `${name} [${shape}] ${start(init)}`);
}

/** Everything that nodes make, in blocks only or outside. */
export function madeIn({ segments }: Graph, where: { readonly block: boolean }): Value[] {
  return segments
    .filter(({ block }) => block === where.block)
    .flatMap(({ nodes }) => nodes.flatMap(({ outputs }) => Object.values(outputs)));
}

/** Drop path rates, one for each block. */
export function dropPathRates({ segments }: Graph): number[] {
  const residuals = segments.map(({ nodes }) =>
    nodes.filter(({ op }) => op.name === 'residual').map(({ attrs }) => (attrs as { rate: number }).rate),
  );
  return residuals.filter((rates) => rates.length === 2 && rates[0] === rates[1]).map(([rate]) => rate as number);
}
