import { mebibytes } from '#lab/show/format';
import { textTable } from '#lab/show/text-table';
import { type Choice, type Contender, cannotRun, contendersOf, startContender } from './contenders';
import type { Setting } from './settings';

export interface MemoryOptions extends Choice {
  readonly threads: number;
  readonly python: string;
}

/** Bytes over the same base on both sides: weights and optimizer state exist, everything else is gone and given back. */
export interface Memory {
  /** What waits for backward when forward ends; of one micro-batch. */
  readonly savedBytes: number | null;
  /** Largest sum of tensors of a step: saves, gradients, transients. */
  readonly peakBytes: number | null;
  /** High-water mark of the process's resident memory. */
  readonly rssBytes: number;
}

export interface MemoryUse {
  readonly setting: Setting;
  readonly rows: readonly (Contender & Memory)[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

/** Memory of every contender, one process after another. */
export async function memoryUse(setting: Setting, options: MemoryOptions): Promise<MemoryUse> {
  const rows: (Contender & Memory)[] = [];
  const skipped: { name: string; why: string }[] = [];
  for (const contender of contendersOf(setting, options)) {
    const why = cannotRun(contender, setting);
    if (why) {
      skipped.push({ name: contender.name, why });
      continue;
    }
    process.stderr.write(`setting ${setting.name}: ${contender.name}\n`);
    const worker = startContender(contender, setting, options.threads, options.python);
    try {
      await worker.ready();
      rows.push({ ...contender, ...(await worker.ask<Memory>('memory')) });
    } finally {
      worker.end();
    }
  }
  return { setting, rows, skipped };
}

export function memoryTable({ setting, rows, skipped }: MemoryUse): string {
  const cell = (bytes: number | null): string => (bytes === null ? '-' : mebibytes(bytes));
  return [
    `setting ${setting.name}: ${setting.what}; over weights, optimizer state and images`,
    textTable(
      ['memory', 'saved for backward', 'activation peak', 'process, peak'],
      rows.map((r) => [r.name, cell(r.savedBytes), cell(r.peakBytes), cell(r.rssBytes)]),
    ),
    'tensors: ours from the ledger, scratch counted; of PyTorch what its dispatcher shows, scratch inside kernels not counted',
    ...skipped.map(({ name, why }) => `left out: ${name}: ${why}`),
  ].join('\n');
}
