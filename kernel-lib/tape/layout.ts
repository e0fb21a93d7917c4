import type { Layout } from '../quant/packing';
import type { Spec } from './op';

/** The shape of a value for a number of samples. */
export function shapeOf(spec: Spec, samples: number): number[] {
  return [samples * spec.rows, ...spec.dims];
}

/** Elements of a value for one sample. */
export function elements(spec: Spec): number {
  return spec.dims.reduce((n, d) => n * d, spec.rows);
}

/** How the quantiser reads a value of so many samples: as rows and columns, with heads over one of them. */
export function layoutOf(spec: Spec, samples: number): Layout {
  const columns = spec.dims.at(-1) ?? 1;
  const rowsPerSample = elements(spec) / Math.max(1, columns);
  const heads = spec.heads?.count ?? 1;
  const overRows = spec.heads?.axis === 'second';
  return {
    rows: samples * rowsPerSample,
    columns,
    rowsPerSample,
    heads,
    headAxis: overRows ? 'rows' : 'columns',
    rowsPerHead: overRows ? rowsPerSample / heads / spec.rows : rowsPerSample, // [b*windows, h, n, n]: n
  };
}
