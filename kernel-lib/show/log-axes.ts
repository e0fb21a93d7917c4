interface Trace {
  readonly yaxis?: string;
  readonly y?: ArrayLike<unknown>;
}

/** Logarithmic y axes with labels at 1, 2, 3 ..., at 1, 2, 5, 10 ..., or at powers of ten, by how much their data covers. */
export function logAxes(data: readonly Trace[], layout: object): Readonly<Record<string, object>> {
  const axes = Object.entries(layout).filter(
    ([key, axis]) => key.startsWith('yaxis') && (axis as { readonly type?: string }).type === 'log',
  );
  return Object.fromEntries(
    axes.map(([key, axis]) => {
      const onIt = data.filter(({ yaxis = 'y' }) => yaxis === key.replace('axis', ''));
      return [key, { ...labels(ratio(onIt.flatMap(({ y = [] }) => Array.from(y)))), ...axis }];
    }),
  );
}

function labels(covered: number): object {
  if (covered > 1000) return { minorloglabels: 'none' };
  return { dtick: covered < 6 ? 'D1' : 'D2', minorloglabels: 'complete', exponentformat: 'none' };
}

/** Largest over smallest of the numbers above 0; 1 where there is none. */
function ratio(values: readonly unknown[]): number {
  const numbers = values.filter((v) => typeof v === 'number' && v > 0 && Number.isFinite(v)) as number[];
  const [least, most] = numbers.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, 0]);
  return numbers.length > 0 ? most / least : 1;
}
