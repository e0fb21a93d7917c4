import { MesaError } from '../../errors';
import { type BadSample, errorOf } from '../loader/report';

export interface ReadOptions {
  /** What happens to a file that has no place in the data set: the error, or it is left out and named in the loaders' report. */
  readonly onBad?: 'stop' | 'skip';
}

/** Collects what is wrong with a folder, or stops at the first thing that is. */
export class Problems {
  readonly found: BadSample[] = [];

  constructor(private readonly onBad: 'stop' | 'skip' = 'stop') {}

  add(path: string, code: string, says: string, otherwise?: string): void {
    const bad: BadSample = { path, code, text: { says, ...(otherwise && { try: otherwise }) } };
    if (this.onBad === 'stop') throw errorOf(bad);
    this.found.push(bad);
  }
}

/** A folder that is not there, or has nothing in it. */
export function nothingIn(folder: string, says: string, howToGet: string): MesaError {
  return new MesaError('data-not-found', { at: folder, says, try: howToGet });
}
