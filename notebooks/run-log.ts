import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';

/** What every line of a log says, beside the numbers of its run. */
export interface Line {
  /** Which variant of the experiment. */
  readonly arm: string;
  readonly seed: number;
}

/** The lines of a log; none where there is no file. A last line that a lost machine cut short is left out. */
export function readLog<T extends Line>(path: string): T[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

/** Does the runs that the log lacks, one after another; a line for each as soon as it is done, so that a run cut off costs one run. */
export async function completeLog<R extends Line>(
  path: string,
  runs: readonly R[],
  work: (run: R) => Promise<object>,
  tell: (text: string) => void = console.log,
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  dropCutLine(path);
  for (const [i, run] of runs.entries()) {
    if (readLog(path).some((line) => line.arm === run.arm && line.seed === run.seed)) continue;
    const began = performance.now();
    const result = await work(run);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const line = JSON.stringify({ ...run, ...result, seconds }, (_, x) => (typeof x === 'number' ? Number(x.toPrecision(6)) : x));
    appendFileSync(path, `${line}\n`);
    tell(`${i + 1} of ${runs.length}: ${line}`);
  }
}

/** A line that was cut short would run into the next one. */
function dropCutLine(path: string): void {
  if (existsSync(path)) truncateSync(path, readFileSync(path).lastIndexOf('\n') + 1);
}
