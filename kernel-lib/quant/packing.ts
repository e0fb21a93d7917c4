/** Which elements share a range. `run` is n neighbouring elements of a row; the others are the design's words (docs/architecture.md). */
export type Group = 'head' | 'row' | 'channel' | 'tensor' | { readonly run: number };

export type Bits = 8 | 6 | 4 | 2 | 1;

/** How a value is kept in few bits. */
export interface Packing {
  readonly bits: Bits;
  readonly group: Group;
  /** `batch`: the range of these very values. `running`: the running estimate of the paper (batch-wide groups only). */
  readonly range: 'batch' | 'running';
  /** Weight of the old range in a running estimate: 0.9 in the paper. */
  readonly decay: number;
  readonly rounding: 'nearest' | 'stochastic';
}

/** How the elements of a value lie, as the quantiser reads them: `rows` x `columns`, row major. */
export interface Layout {
  readonly rows: number;
  readonly columns: number;
  /** Rows that belong to one sample: its draws are numbered from the first of them. */
  readonly rowsPerSample: number;
  readonly heads: number;
  /** `columns`: head h holds columns h*c/H .. (h+1)*c/H - 1. `rows`: every `rowsPerHead` rows the next head ([b, h, n, n]). */
  readonly headAxis: 'columns' | 'rows';
  readonly rowsPerHead: number;
}
