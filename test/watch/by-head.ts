import type { Seen, Watcher } from '../../kernel-lib/train/watcher';

/** A value of some samples, as it was. */
export interface Captured {
  readonly seen: Seen;
  readonly values: Float32Array;
}

export interface Capture {
  readonly watcher: Watcher;
  /** By name: as forward made it, and as backward read it. */
  readonly made: Map<string, Captured[]>;
  readonly read: Map<string, Captured[]>;
}

/** Notes values element by element: the independent side of a comparison. */
export function capture(at: string | readonly string[] = '**'): Capture {
  const [made, read] = [new Map<string, Captured[]>(), new Map<string, Captured[]>()];
  const note = (to: Map<string, Captured[]>) => (seen: Seen) => {
    to.set(seen.name, [...(to.get(seen.name) ?? []), { seen, values: seen.step.engine.read(seen.tensor) as Float32Array }]);
  };
  return { made, read, watcher: { at, makes: () => true, value: note(made), restored: note(read), derived: note(read) } };
}

/** Root of the mean squared difference of each head, in float64. */
export function rmseByHead(made: readonly Captured[], read: readonly Captured[]): number[] {
  const { spec } = (made[0] as Captured).seen.value;
  const { count: heads, axis } = spec.heads ?? { count: 1, axis: 'columns' };
  const columns = spec.dims.at(-1) ?? 1;
  const perSample = spec.dims.reduce((a, b) => a * b, spec.rows);
  const headOf = (element: number): number =>
    axis === 'columns' ? Math.floor(((element % columns) * heads) / columns) : Math.floor(((element % perSample) * heads) / perSample);
  const [squares, counts] = [new Float64Array(heads), new Float64Array(heads)];
  for (const { seen, values } of read) {
    for (let i = 0; i < values.length; i++) {
      const element = seen.firstSample * perSample + i;
      const from = made.find((m) => isIn(m, seen.firstSample + Math.floor(i / perSample))) as Captured;
      const head = headOf(element);
      squares[head] =
        (squares[head] as number) + ((from.values[element - from.seen.firstSample * perSample] as number) - (values[i] as number)) ** 2;
      counts[head] = (counts[head] as number) + 1;
    }
  }
  return [...squares].map((sum, head) => Math.sqrt(sum / (counts[head] as number)));
}

const isIn = ({ seen }: Captured, sample: number): boolean => sample >= seen.firstSample && sample < seen.firstSample + seen.samples;
