import { MesaError } from '../errors';

/** Where a stream of batches stands: the next batch of an epoch. Save it to go on later with the same data. */
export interface Position {
  readonly epoch: number;
  readonly batch: number;
}

export function following({ epoch, batch }: Position, batchesPerEpoch: number): Position {
  return batch + 1 < batchesPerEpoch ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 };
}

export function checkPosition({ epoch, batch }: Position, batchesPerEpoch: number): void {
  if (Number.isSafeInteger(epoch) && epoch >= 0 && Number.isInteger(batch) && batch >= 0 && batch < batchesPerEpoch) return;
  throw new MesaError('batch-position', { says: `no batch ${batch} of epoch ${epoch}: an epoch has ${batchesPerEpoch}` });
}
