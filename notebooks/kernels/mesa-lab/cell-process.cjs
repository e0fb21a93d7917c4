'use strict';
// A process that runs cells for its parent, which sends `{ code }`: the runner without Jupyter. What a cell gives out goes back as messages.
const { createCells } = require('./cells.cjs');
const { failureOf } = require('./failure.cjs');
const { createStream } = require('./stream.cjs');
const { loadTslab } = require('./tslab.cjs');

function start() {
  const cells = createCells(loadTslab(process.cwd()), process.cwd());
  const send = (type, content) => process.send({ type, ...content });
  const stream = createStream((content) => send('stream', content));
  const tell = (type, content) => {
    stream.flush();
    send(type, content);
  };
  const sink = {
    stream: stream.write,
    display: (message, isUpdate) => tell('display', { message, isUpdate }),
    result: (data) => tell('result', { data }),
  };

  let stray = null; // what nobody awaited fails the cell it came up in
  const keep = (thrown) => {
    stray ??= failureOf(thrown);
  };
  process.on('uncaughtException', keep);
  process.on('unhandledRejection', keep);
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ code }) => {
    stray = null;
    const { count, failure } = await cells.run(code, sink);
    await new Promise(setImmediate);
    tell('done', { count, failure: failure ?? stray });
  });
  send('ready', { info: cells.info() });
}

try {
  start();
} catch (e) {
  process.send({ type: 'unable', says: e.message }, () => process.exit(1));
}
