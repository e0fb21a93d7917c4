import { type ErrorText, MesaError } from '../../errors';

/** A sample that cannot be used, and why. */
export interface BadSample {
  readonly path: string;
  /** The code that the error would have. */
  readonly code: string;
  readonly text: ErrorText;
}

/** What a loader left out. */
export interface LoaderReport {
  /** Samples delivered so far, each time they were. */
  readonly read: number;
  /** Files that were skipped, in the order they were met first. */
  readonly skipped: readonly SkippedFile[];
}

export interface SkippedFile {
  readonly path: string;
  readonly code: string;
  readonly says: string;
  /** How often it was left out: once an epoch that came to it. */
  readonly times: number;
}

/** Bad samples, counted by name. */
export class Tally {
  private read = 0;
  private readonly files = new Map<string, SkippedFile>();

  constructor(listed: readonly BadSample[] = []) {
    this.skip(listed);
  }

  deliver(count: number): void {
    this.read += count;
  }

  skip(samples: readonly BadSample[]): void {
    for (const { path, code, text } of samples) {
      const times = (this.files.get(path)?.times ?? 0) + 1;
      this.files.set(path, { path, code, says: text.says, times });
    }
  }

  report(): LoaderReport {
    return { read: this.read, skipped: [...this.files.values()] };
  }
}

/** The sample that an error is about. Errors of our own are about the sample; any other is a fault in the program, and no sample is left out for it. */
export function badSample(e: unknown, path: string): BadSample {
  if (!(e instanceof MesaError)) throw e;
  return { path: e.at ?? path, code: e.code, text: e.text };
}

/** A bad sample as the error that stops. */
export function errorOf({ path, code, text }: BadSample): MesaError {
  return new MesaError(code, { ...text, at: path, try: text.try ?? "onBad: 'skip' to go on without such samples" });
}
