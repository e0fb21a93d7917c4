import { fixed } from '#lab/show/format';
import { textTable } from '#lab/show/text-table';
import { startContender } from './contenders';
import { interleaved, type Times, timesOf } from './rounds';
import type { Setting } from './settings';
import { watched } from './watched';
import type { Worker } from './worker';

export interface WatchersOptions {
  readonly forms: readonly string[];
  readonly rounds: number;
  readonly threads: number;
}

/** What looking on costs of a step under one policy. */
export interface WatchersCost {
  readonly setting: Setting;
  readonly rounds: number;
  readonly policy: string;
  readonly form: string;
  /** Nobody looks on. */
  readonly alone: Times;
  /** A step at which these look on. */
  readonly looks: readonly (Times & { readonly name: string; readonly every: number })[];
  /** Of a step, over a run: each look's cost divided by how many steps lie between two. */
  readonly overhead: Times;
}

const ALONE = 'no watcher';
const POLICY = 'mesa'; // the default, whose running ranges rangeTrace follows

/** Times a step without watchers and with each kind of them, round robin. */
export async function watchersCost(
  setting: Setting,
  { forms: [form = 'native'], rounds, threads }: WatchersOptions,
): Promise<WatchersCost> {
  const workers: Worker[] = [];
  try {
    for (const name of [ALONE, ...Object.keys(watched)]) {
      const contender = { name, side: 'ours', micro: setting.batch, policy: POLICY, form, watch: name } as const;
      const worker = startContender(contender, setting, threads, '');
      workers.push(worker);
      await worker.ready();
    }
    const answers = await interleaved<{ readonly ms: number }>(workers, rounds, (round) =>
      process.stderr.write(`setting ${setting.name}: round ${round + 1} of ${rounds}\n`),
    );
    const times = (name: string): Times => timesOf((answers.get(name) ?? []).map(({ ms }) => ms));
    const alone = times(ALONE);
    const looks = Object.entries(watched).map(([name, { every }]) => ({ name, every, ...times(name) }));
    const overheadOf = (which: keyof Times): number => looks.reduce((sum, l) => sum + (l[which] / alone[which] - 1) / l.every, 0);
    return { setting, rounds, policy: POLICY, form, alone, looks, overhead: { min: overheadOf('min'), median: overheadOf('median') } };
  } finally {
    for (const worker of workers) worker.end();
  }
}

export function watchersTable({ setting, rounds, policy, form, alone, looks, overhead }: WatchersCost): string {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const rows = looks.map((l) => [
    `+ ${l.name}`,
    fixed(l.min),
    fixed(l.median),
    String(l.every),
    percent((l.min / alone.min - 1) / l.every),
    percent((l.median / alone.median - 1) / l.every),
  ]);
  return [
    `setting ${setting.name}: ${setting.what}; ${policy} (${form}), ${rounds} interleaved steps`,
    textTable(
      ['step', 'min, ms', 'median, ms', 'every', 'overhead of a run, min', 'median'],
      [
        [ALONE, fixed(alone.min), fixed(alone.median), '', '', ''],
        ...rows,
        ['all of them', '', '', '', percent(overhead.min), percent(overhead.median)],
      ],
    ),
  ].join('\n');
}
