import { MesaError } from '../errors';
import type { Graph, Node } from '../tape/graph';
import { layoutOf } from '../tape/layout';
import type { Seen, WatchedStep, Watcher } from '../train/watcher';
import { Gathering } from './pending';
import { added, type Sums, sumsOf } from './sums';

export interface NanTrapOptions {
  /** Globs on value names. */
  readonly at?: string | readonly string[];
  readonly every?: number;
  /** Gradients of values too. */
  readonly gradients?: boolean;
}

/**
 * Stops a step at the first value that is not finite, names it, and tells the ranges of what it was made from. The step leaves everything
 * as before it, so that it can be looked at with `walk()`.
 *
 * @example
 * trainer.watch(nanTrap());
 */
export function nanTrap({ at = '**', every = 1, gradients = true }: NanTrapOptions = {}): Watcher {
  const sums = new Gathering<Sums>();
  const look =
    (kind: 'value' | 'gradient') =>
    (seen: Seen): void => {
      const one = { ...layoutOf(seen.value.spec, seen.samples), heads: 1, headAxis: 'columns' } as const;
      const part = sumsOf(seen.step.engine, seen.tensor, one);
      sums.add(`${kind} ${seen.name}`, { take: () => part.take()[0] as Sums, drop: part.drop });
    };
  const check = (step: WatchedStep): void => {
    const seen = sums.take(added);
    for (const [key, { faulty, count }] of seen) if (faulty > 0) throw trapped(step, key, faulty, count + faulty, seen);
  };

  return {
    at,
    every,
    value: look('value'),
    ...(gradients && { gradient: look('gradient') }),
    phase: (name, step) => name === 'loss' && check(step),
    gradients: (_, step) => check(step),
    end: () => sums.drop(),
  };
}

function trapped(step: WatchedStep, key: string, faulty: number, of: number, seen: ReadonlyMap<string, Sums>): MesaError {
  const [kind, name = ''] = key.split(' ');
  const node = makerOf(step.graph, name);
  const from =
    kind === 'value' ? [...inputRanges(node, seen), ...parameterRanges(node, step)] : [rangeText(`gradient of ${name}`, seen.get(key))];
  return new MesaError('value-not-finite', {
    at: kind === 'value' ? name : `gradient of ${name}`,
    says: `${faulty} of ${of} elements are NaN or infinite in step ${step.step}, the first ${kind} that is so; made by ${node.op.name}${from.length > 0 ? ` from ${from.join(', ')}` : ''}`,
    try: 'a lower learning rate, clip: 1, or a look at the inputs with trainer.walk()',
  });
}

function makerOf({ segments }: Graph, name: string): Node {
  return segments.flatMap((s) => s.nodes).find((n) => Object.values(n.outputs).some((v) => v.name === name)) as Node;
}

function inputRanges({ inputs }: Node, seen: ReadonlyMap<string, Sums>): string[] {
  return Object.values(inputs).map(({ name }) => rangeText(name, seen.get(`value ${name}`)));
}

function parameterRanges({ params }: Node, { engine, params: tensors }: WatchedStep): string[] {
  return Object.values(params).map((name) => {
    const t = tensors.get(name);
    if (!t) return name;
    const columns = t.size;
    return rangeText(
      name,
      sumsOf(engine, t, { rows: 1, columns, rowsPerSample: 1, heads: 1, headAxis: 'columns', rowsPerHead: 1 }).take()[0],
    );
  });
}

function rangeText(name: string, sums: Sums | undefined): string {
  if (!sums) return name;
  const faulty = sums.faulty > 0 ? `, ${sums.faulty} not finite` : '';
  return sums.count > 0 ? `${name} in ${short(sums.low)} .. ${short(sums.high)}${faulty}` : `${name} (nothing finite)`;
}

const short = (x: number): string => String(Number(x.toPrecision(3)));
