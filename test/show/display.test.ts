import { describe, expect, it } from 'vitest';
import { currentScreen, display } from '../../kernel-lib/show/display';
import { progress } from '../../kernel-lib/show/progress';
import type { Bundle, Screen } from '../../kernel-lib/show/screens/screen';
import { textScreen } from '../../kernel-lib/show/screens/text';

interface Sent {
  readonly what: 'show' | 'update';
  readonly bundle: Bundle;
  readonly id: string;
}

function notebook(): Screen & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const send = (what: Sent['what']) => (bundle: Bundle, id: string) => void sent.push({ what, bundle, id });
  return { kind: 'notebook', show: send('show'), update: send('update'), sent };
}

describe('a display', () => {
  it('is replaced under its own id', () => {
    const screen = notebook();
    const first = display({ 'text/plain': 'a' }, screen);
    display({ 'text/plain': 'b' }, screen);
    first.update({ 'text/plain': 'c' });
    expect(screen.sent.map(({ what, bundle }) => [what, bundle['text/plain']])).toEqual([
      ['show', 'a'],
      ['show', 'b'],
      ['update', 'c'],
    ]);
    expect(screen.sent[2]?.id).toBe(screen.sent[0]?.id);
    expect(screen.sent[1]?.id).not.toBe(screen.sent[0]?.id);
  });

  it('carries bytes as base64', () => {
    const screen = notebook();
    display({ 'image/png': new Uint8Array([137, 80, 78, 71]) }, screen);
    expect(screen.sent[0]?.bundle).toEqual({ 'image/png': 'iVBORw==' });
  });

  it('is its text in a terminal or a log, once', () => {
    const written: string[] = [];
    const view = display({ 'text/html': '<b>x</b>', 'text/plain': 'x' }, textScreen({ write: (text) => written.push(text) }));
    view.update({ 'text/plain': 'y' });
    expect(written).toEqual(['x\n']);
  });

  it('goes to Deno where Deno has a notebook', () => {
    const sent: unknown[] = [];
    const world = globalThis as { Deno?: unknown };
    world.Deno = { jupyter: { broadcast: async (type: string, content: unknown) => void sent.push({ type, content }) } };
    try {
      expect(currentScreen().kind).toBe('notebook');
      currentScreen().update({ 'text/plain': 'x' }, '7');
      expect(sent).toEqual([
        { type: 'update_display_data', content: { data: { 'text/plain': 'x' }, metadata: {}, transient: { display_id: '7' } } },
      ]);
    } finally {
      delete world.Deno;
    }
    expect(currentScreen().kind).not.toBe('notebook');
  });
});

describe('progress in a notebook', () => {
  it('is one bar that ends as a line, with what is said escaped', () => {
    const screen = notebook();
    const bar = progress('training', 50, screen);
    for (let i = 1; i <= 50; i++) bar.update(i, 'loss <1>');
    bar.end('done');
    expect(screen.sent.length).toBeLessThan(10);
    expect(new Set(screen.sent.map(({ id }) => id)).size).toBe(1);
    expect(screen.sent.at(-2)?.bundle['text/html']).toContain(
      '<progress value="50" max="50"></progress> <small>training 50/50 loss &#60;1&#62;',
    );
    expect(screen.sent.at(-1)?.bundle['text/plain']).toBe('training done');
  });
});
