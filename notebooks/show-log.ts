import { show } from 'mesa-lab';
import { logged, notRun, type Run } from './runs';

/** Shows what the log of an experiment gives; without a log, that it has not been run. */
export function showLog(experiment: string, things: (runs: readonly Run[]) => readonly unknown[]): void {
  const runs = logged(experiment);
  for (const thing of runs.length > 0 ? things(runs) : [notRun(experiment)]) show(thing);
}
