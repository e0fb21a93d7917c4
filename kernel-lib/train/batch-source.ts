import type { Samples } from './feeds';

/** Where a trainer gets its batches; `batches()` of a data set gives one. */
export interface BatchSource {
  readonly batchesPerEpoch?: number;
  next(): Promise<Samples> | Samples;
  /** Where it stands, so that a step that threw can be tried again on the same batch. */
  state?(): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: a position is the source's own
  restore?(position: any): void;
}

/** Runs `use` on the next batch; when that throws, the source stands where it was. */
export async function withNext<T>(source: BatchSource, use: (samples: Samples) => T): Promise<T> {
  const position = source.state?.();
  try {
    return use(await source.next());
  } catch (e) {
    if (position !== undefined) source.restore?.(position);
    throw e;
  }
}
