import type { Screen } from './screen';

/** Where text is written: a standard stream, or whatever else takes text. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A terminal or a log: the text form of a display, once. */
export function textScreen(out: Output): Screen {
  return {
    kind: out.isTTY ? 'terminal' : 'log',
    show(bundle) {
      const text = bundle['text/plain'];
      if (typeof text === 'string') out.write(`${text}\n`);
    },
    update() {},
  };
}
