import { currentScreen, display } from './display';
import { html } from './html';
import type { Bundle, Screen } from './screens/screen';
import type { Output } from './screens/text';

/** Shows how far something is: a bar in a notebook, one line in a terminal, elsewhere a line every tenth. */
export interface Progress {
  update(done: number, note?: string): void;
  /** Ends the line with a last word. */
  end(note: string): void;
}

/**
 * Progress of something that takes `total` steps, in the notebook that runs this, else on standard error.
 *
 * @example
 * const bar = progress('training', 100);
 * for (let i = 1; i <= 100; i++) bar.update(i, `loss ${loss}`);
 * bar.end('done');
 */
export function progress(title: string, total: number, where: Output | Screen = currentOutput()): Progress {
  if ('show' in where) return inNotebook(title, total, where);
  return where.isTTY ? inPlace(title, total, where) : byLines(title, total, where);
}

function currentOutput(): Output | Screen {
  const screen = currentScreen();
  return screen.kind === 'notebook' ? screen : process.stderr;
}

const BAR = 24; // characters
const PAUSE_MS = 100; // between two drawings

function inNotebook(title: string, total: number, screen: Screen): Progress {
  let drawn = Date.now();
  const view = display(bar(title, 0, total, ''), screen);
  return {
    update(done, note = '') {
      if (Date.now() - drawn < PAUSE_MS && done < total) return;
      drawn = Date.now();
      view.update(bar(title, done, total, note));
    },
    end: (note) => view.update({ 'text/html': html`<small>${title} ${note}</small>`.text, 'text/plain': `${title} ${note}` }),
  };
}

function bar(title: string, done: number, total: number, note: string): Bundle {
  const text = `${title} ${done}/${total} ${note}`;
  return { 'text/html': html`<progress value="${done}" max="${total}"></progress> <small>${text}</small>`.text, 'text/plain': text };
}

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
