import type { Tensor } from '@tensorflow/tfjs-core';
import { MesaError } from '../errors';
import type { Spec, Specs, Values } from '../tape/op';

/** The named tensors, all of them present. */
export function slots<K extends string>(x: Values, ...names: readonly K[]): Record<K, Tensor> {
  const found = {} as Record<K, Tensor>;
  for (const name of names) {
    const t = x[name];
    if (!t) throw new MesaError('missing-value', { says: `an op was not given '${name}'`, try: "naming it in the op's 'reads'" });
    found[name] = t;
  }
  return found;
}

/** The spec of a slot after checking its dims against a pattern: a number must match, a word is any size. */
export function shaped(specs: Specs, slot: string, pattern: readonly (number | string)[]): Spec {
  const spec = specs[slot];
  const fits = spec && spec.dims.length === pattern.length && pattern.every((p, i) => typeof p === 'string' || p === spec.dims[i]);
  if (fits) return spec;
  throw new MesaError('shape-mismatch', {
    says: `'${slot}' has shape ${spec ? `[${spec.dims}]` : '(none)'} for each row where [${pattern.join(', ')}] is wanted`,
  });
}

/** The spec of a slot that holds a map, checked. */
export function mapped(specs: Specs, slot: string, height: number, width: number): Spec {
  const spec = shaped(specs, slot, ['channels']);
  if (spec.rows === height * width) return spec;
  throw new MesaError('shape-mismatch', { says: `'${slot}' has ${spec.rows} rows a sample where a map of ${height} x ${width} is wanted` });
}

/** Size of dimension `axis` of a spec that `shaped` has checked. */
export function dim(spec: Spec, axis: number): number {
  return spec.dims[axis] as number;
}

/** Elements of one sample. */
export function elements(spec: Spec | undefined): number {
  return spec ? spec.dims.reduce((n, d) => n * d, spec.rows) : 0;
}

/** How `width` columns made from `from` divide into heads: as `from` does, where that comes out even. */
export function sameHeads(from: Spec, width: number): Pick<Spec, 'heads'> {
  return from.heads?.axis === 'columns' && width % from.heads.count === 0 ? { heads: from.heads } : {};
}

/** How the `width` columns of a layer's output divide into heads: as its options say, else as its input does. */
export function outputHeads(from: Spec, width: number, count: number | undefined): Pick<Spec, 'heads'> {
  return count ? columnHeads(count, width) : sameHeads(from, width);
}

/** `{ heads }` over columns, or a typed error with the counts that would do. */
export function columnHeads(count: number, width: number): Required<Pick<Spec, 'heads'>> {
  if (Number.isInteger(count) && count > 0 && width % count === 0) return { heads: { count, axis: 'columns' } };
  const divisors = Array.from({ length: width }, (_, i) => i + 1).filter((d) => width % d === 0);
  throw new MesaError('heads-do-not-divide', {
    says: `cannot split ${width} channels into ${count} heads`,
    try: `heads: ${divisors.join(' | ')}`,
  });
}
