import type { Worker } from './worker';

export interface Times {
  readonly min: number;
  readonly median: number;
}

const PAUSE_MS = 60; // threads of the one before go to sleep

/** Asks every worker in turn for a step, round by round, so that whatever else the machine does meets all of them alike. */
export async function interleaved<T>(workers: readonly Worker[], rounds: number, tell: (round: number) => void): Promise<Map<string, T[]>> {
  const answers = new Map<string, T[]>(workers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    tell(round);
    for (const worker of workers) {
      answers.get(worker.name)?.push(await worker.ask<T>('step'));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  return answers;
}

export function timesOf(ms: readonly number[]): Times {
  const sorted = [...ms].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
  return { min: sorted[0] as number, median };
}
