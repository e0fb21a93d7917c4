/** What a `MesaError` tells: where, what, and what to do next. */
export interface ErrorText {
  /** Dotted path of the value, parameter, file or option it is about. */
  readonly at?: string;
  /** What is wrong, with the values in it; lower case, no full stop. */
  readonly says: string;
  /** What to do next. */
  readonly try?: string;
}

/**
 * The one error class of mesa-lab. `code` is stable and safe to test for; the text is for people.
 *
 * @example
 * try { step(); } catch (e) { if (e instanceof MesaError && e.code === 'policy-matches-nothing') fixIt(); }
 */
export class MesaError extends Error {
  override readonly name = 'MesaError';
  readonly at: string | undefined;

  constructor(
    readonly code: string,
    readonly text: ErrorText,
  ) {
    super(`${text.at ? `${text.at}: ` : ''}${text.says}${text.try ? ` (try ${text.try})` : ''} [${code}]`);
    this.at = text.at;
  }

  /** The same error with the place it happened. */
  under(at: string): MesaError {
    return new MesaError(this.code, { ...this.text, at });
  }
}
