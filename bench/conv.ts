import { join } from 'node:path';
import { fixed } from '#lab/show/format';
import { textTable } from '#lab/show/text-table';
import { pytorchFile, type RivalOptions } from './contenders';
import { type ConvShape, convFlops, convShapes, quickShapes } from './conv-shapes';
import type { ConvAnswer } from './conv-worker';
import { interleaved, type Times, timesOf } from './rounds';
import { Worker } from './worker';

/** Forward and backward of a convolution, of the products that it is made of, and of PyTorch's, taken in one run. */
export interface ConvTimes {
  readonly shape: ConvShape;
  readonly rounds: number;
  readonly form: string;
  readonly conv: Halves;
  readonly product: Halves;
  readonly pytorch?: Halves;
}

interface Halves {
  readonly forward: Times;
  readonly backward: Times;
  readonly both: Times;
}

type Answer = Partial<Record<'conv' | 'product' | 'pytorch', ConvAnswer>>;

/** Times every convolution, one after another. */
export async function convTimes({ forms: [form = 'native'], rounds, threads, quick, only, python }: RivalOptions): Promise<ConvTimes[]> {
  const all: ConvTimes[] = [];
  for (const shape of (quick ? quickShapes : convShapes).filter(({ name }) => only.test(name))) {
    process.stderr.write(`${shape.name}\n`);
    const config = JSON.stringify({ shape, threads, form });
    const workers = [new Worker('ours', process.execPath, [join(__dirname, 'conv-worker.js'), config])];
    if (python) workers.push(new Worker('pytorch', python, [pytorchFile('conv.py'), config]));
    try {
      for (const worker of workers) await worker.ready();
      const answers = await interleaved<Answer>(workers, rounds, () => {});
      const taken = (worker: string, what: keyof Answer): Halves => halves((answers.get(worker) ?? []).map((a) => a[what] as ConvAnswer));
      const pytorch = python ? { pytorch: taken('pytorch', 'pytorch') } : {};
      all.push({ shape, rounds, form, conv: taken('ours', 'conv'), product: taken('ours', 'product'), ...pytorch });
    } finally {
      for (const worker of workers) worker.end();
    }
  }
  return all;
}

function halves(answers: readonly ConvAnswer[]): Halves {
  const of = (ms: (a: ConvAnswer) => number): Times => timesOf(answers.map(ms));
  return { forward: of((a) => a.forward), backward: of((a) => a.backward), both: of((a) => a.forward + a.backward) };
}

/** Ratios are those of the minima. */
export function convTable(all: readonly ConvTimes[]): string {
  const ratio = ({ both }: Halves, to: Halves | undefined): string => (to ? (both.min / to.both.min).toFixed(2) : '-');
  const rows = all.map(({ shape, conv, product, pytorch }) => [
    shape.name,
    fixed(conv.forward.min),
    fixed(conv.backward.min),
    fixed(conv.both.min),
    fixed(conv.both.median),
    fixed((3 * convFlops(shape)) / conv.both.min / 1e6),
    fixed(product.both.min),
    ratio(conv, product),
    pytorch ? fixed(pytorch.both.min) : '-',
    ratio(conv, pytorch),
  ]);
  const head = ['forward, ms', 'backward', 'both', 'median', 'GFLOP/s', 'products alone', 'of products', 'PyTorch', 'of PyTorch'];
  return [
    `batch 1, ${all[0]?.form}, ${all[0]?.rounds} interleaved rounds, minima; PyTorch: conv2d, channels_last`,
    textTable(['convolution', ...head], rows),
  ].join('\n');
}
