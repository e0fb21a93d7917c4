/** Where progress is written: standard error unless said. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows how far something is: in place on a terminal, elsewhere a line every tenth. */
export interface Progress {
  update(done: number, note?: string): void;
  /** Ends the line with a last word. */
  end(note: string): void;
}

/**
 * Progress of something that takes `total` steps.
 *
 * @example
 * const bar = progress('training', 100);
 * for (let i = 1; i <= 100; i++) bar.update(i, `loss ${loss}`);
 * bar.end('done');
 */
export function progress(title: string, total: number, out: Output = process.stderr): Progress {
  return out.isTTY ? inPlace(title, total, out) : byLines(title, total, out);
}

const BAR = 24; // characters
const PAUSE_MS = 100; // between two drawings

function inPlace(title: string, total: number, out: Output): Progress {
  let drawn = 0;
  return {
    update(done, note = '') {
      if (Date.now() - drawn < PAUSE_MS && done < total) return;
      drawn = Date.now();
      const filled = Math.round((BAR * done) / total);
      out.write(`\r\x1b[K${title} ${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${done}/${total} ${note}`);
    },
    end: (note) => void out.write(`\r\x1b[K${title} ${note}\n`),
  };
}

function byLines(title: string, total: number, out: Output): Progress {
  let tenth = 0;
  return {
    update(done, note = '') {
      const now = Math.floor((10 * done) / total);
      if (now === tenth) return;
      tenth = now;
      out.write(`${title} ${now * 10} % ${note}\n`);
    },
    end: (note) => void out.write(`${title} ${note}\n`),
  };
}
