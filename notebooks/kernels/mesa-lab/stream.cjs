'use strict';

const BURST = 50; // messages in one window; Jupyter drops output above 1000 a second
const WINDOW_MS = 100;
const DRAIN_MS = 50; // the longest that text waits when the event loop is free
const MAX_CHARS = 1 << 16;

/** Printed text as few messages: the first of a window go at once, what follows is merged. `flush()` before anything else is sent. */
function createStream(publish) {
  let windowBegan = 0;
  let sent = 0;
  let held = null;
  let timer;

  function flush() {
    clearTimeout(timer);
    timer = undefined;
    if (held) publish(held);
    held = null;
  }

  function write(name, text) {
    const now = performance.now();
    if (now - windowBegan > WINDOW_MS) {
      flush();
      windowBegan = now;
      sent = 0;
    }
    if (!held && sent++ < BURST) return publish({ name, text });
    if (held && held.name !== name) flush();
    if (held) held.text += text;
    else held = { name, text };
    if (held.text.length > MAX_CHARS) flush();
    else timer ??= setTimeout(flush, DRAIN_MS);
  }

  return { write, flush };
}

module.exports = { createStream };
