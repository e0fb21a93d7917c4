'use strict';
const { answer, parse } = require('./message.cjs');
const { createStream } = require('./stream.cjs');

const ARRIVE_MS = 50; // after a failed cell, for the requests behind it to be read: they are not run either

// ZeroMQ.js refuses more than 512 sends in one turn of the event loop unless the socket neither waits nor has a limit.
const UNLIMITED = { sendTimeout: 0, sendHighWaterMark: 0 };

/** A Jupyter kernel: answers requests on the sockets of a connection file and runs cells in the order they come. */
class Server {
  #queue = [];
  #running = null;

  constructor(zeromq, connection, cells, exit) {
    this.connection = connection;
    this.cells = cells;
    this.exit = exit;
    this.iopub = new zeromq.Publisher(UNLIMITED);
    this.shell = new zeromq.Router(UNLIMITED);
    this.control = new zeromq.Router(UNLIMITED);
    this.stdin = new zeromq.Router();
    this.heartbeat = new zeromq.Reply();
  }

  async listen() {
    const { transport, ip } = this.connection;
    for (const [socket, port] of this.#ports()) await socket.bind(`${transport}://${ip}:${port}`);
    this.#serve(this.shell);
    this.#serve(this.control);
    for await (const frames of this.heartbeat) await this.heartbeat.send(frames);
  }

  #ports() {
    const c = this.connection;
    return [
      [this.iopub, c.iopub_port],
      [this.shell, c.shell_port],
      [this.control, c.control_port],
      [this.stdin, c.stdin_port],
      [this.heartbeat, c.hb_port],
    ];
  }

  async #serve(socket) {
    for await (const frames of socket) {
      try {
        this.#take(socket, parse(frames, this.connection.key));
      } catch (e) {
        console.error(e);
      }
    }
  }

  #take(socket, request) {
    const type = request.header.msg_type;
    if (type === 'execute_request') return this.#enqueue(socket, request);
    const reply = this.#replyTo(type, request.content);
    if (!reply) return;
    this.#status('busy', request);
    this.#send(socket, request, type.replace('_request', '_reply'), { status: 'ok', ...reply });
    this.#status('idle', request);
    if (this.#running) this.#status('busy', this.#running); // a front end believes the last word
    if (type === 'shutdown_request') this.#close();
    if (type === 'interrupt_request') process.emit('SIGINT', 'SIGINT');
  }

  /** What to answer; nothing to what asks for what this kernel has not, such as widgets. */
  #replyTo(type, content) {
    switch (type) {
      case 'kernel_info_request':
        return this.cells.info();
      case 'complete_request':
        return this.cells.complete(content);
      case 'inspect_request':
        return this.cells.inspect(content);
      case 'is_complete_request':
        return this.cells.isComplete(content);
      case 'comm_info_request':
        return { comms: {} };
      case 'history_request':
        return { history: [] };
      case 'shutdown_request':
        return { restart: content.restart === true };
      case 'interrupt_request':
        return {};
      default:
        return null;
    }
  }

  async #enqueue(socket, request) {
    this.#queue.push({ socket, request, aborted: false });
    if (this.#queue.length > 1) return;
    while (this.#queue.length > 0) {
      const next = this.#queue[0];
      if (next.aborted) this.#abort(next);
      else await this.#execute(next);
      await new Promise(setImmediate); // what arrived while the cell ran is read before the next one
      this.#queue.shift();
    }
  }

  async #execute({ socket, request }) {
    const { code, silent, stop_on_error: stopOnError = true } = request.content;
    this.#running = request;
    this.#status('busy', request);
    const publish = (type, content) => this.#send(this.iopub, request, type, content);
    const stream = createStream((content) => publish('stream', content));
    const tell = (type, content) => {
      stream.flush();
      publish(type, content);
    };
    if (!silent) tell('execute_input', { code, execution_count: this.cells.count + 1 });
    const sink = {
      stream: stream.write,
      display: (message, isUpdate) => tell(isUpdate ? 'update_display_data' : 'display_data', message),
      result: (data) => tell('execute_result', { data, metadata: {}, execution_count: this.cells.count }),
    };
    const { count, failure } = await this.cells.run(code, sink, request.metadata?.cellId);
    stream.flush();
    if (failure) {
      tell('error', failure);
      if (stopOnError) await this.#abortWaiting();
    }
    const reply = failure ? { status: 'error', ...failure } : { status: 'ok', user_expressions: {}, payload: [] };
    this.#send(socket, request, 'execute_reply', { ...reply, execution_count: count });
    this.#running = null;
    this.#status('idle', request);
  }

  async #abortWaiting() {
    await new Promise((resolve) => setTimeout(resolve, ARRIVE_MS));
    for (const waiting of this.#queue.slice(1)) waiting.aborted = true;
  }

  #abort({ socket, request }) {
    this.#status('busy', request);
    this.#send(socket, request, 'execute_reply', { status: 'aborted' });
    this.#status('idle', request);
  }

  #status(state, request) {
    this.#send(this.iopub, request, 'status', { execution_state: state });
  }

  #send(socket, request, type, content) {
    socket.send(answer(request, type, content, this.connection.key)).catch(() => {}); // the socket was closed meanwhile
  }

  #close() {
    this.cells.close();
    for (const [socket] of this.#ports()) socket.close();
    this.exit();
  }
}

module.exports = { Server };
