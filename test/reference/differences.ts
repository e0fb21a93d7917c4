import { type Arrays, at } from './array';

const STEP = 1e-4;

/** Gradient of the sum of f's outputs times `dy`, at elements of one slot, by central differences in float64. */
export function differences(f: (x: Arrays) => Arrays, x: Arrays, dy: Arrays, slot: string, elements: readonly number[]): number[] {
  const along = (data: Float64Array): number => {
    const y = f({ ...x, [slot]: { shape: x[slot]!.shape, data } });
    return Object.entries(dy).reduce((sum, [s, d]) => sum + d.data.reduce((t, v, i) => t + v * at(y[s]!, i), 0), 0);
  };
  const base = x[slot]!.data;
  return elements.map((i) => {
    const shifted = (steps: number): number => {
      const data = base.slice();
      (data[i] as number) += steps * STEP;
      return along(data);
    };
    return (shifted(1) - shifted(-1)) / (2 * STEP);
  });
}
