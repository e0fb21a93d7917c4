/** Forms of one thing by mime type, the richest of which a front end shows: text, JSON, or bytes, which travel as base64. */
export interface Bundle {
  readonly [mime: string]: unknown;
}

/** Where displays appear. Another notebook kernel is one more of these. */
export interface Screen {
  /** A notebook shows every form and updates in place; a terminal and a log have text, and what is written stays. */
  readonly kind: 'notebook' | 'terminal' | 'log';
  show(bundle: Bundle, id: string): void;
  /** Replaces what was shown under that id. */
  update(bundle: Bundle, id: string): void;
}
