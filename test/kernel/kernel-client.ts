import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

// A Jupyter front end in small: starts the kernel, sends requests, collects what is published.

export const notebooks: string = resolve(__dirname, '../../notebooks');
const DELIMITER = '<IDS|MSG>';

export interface Message {
  readonly type: string;
  readonly parent: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of many forms
  readonly content: any;
}

export interface Outcome {
  readonly reply: Message['content'];
  /** Everything published because of the request, up to the idle that ends it. */
  readonly published: readonly Message[];
}

// biome-ignore lint/suspicious/noExplicitAny: zeromq belongs to notebooks/, its types are not installed here
type Socket = any;

export class KernelClient {
  readonly published: Message[] = [];
  private readonly replies = new Map<string, (content: Message['content']) => void>();
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesa-lab-kernel-'));
  private readonly key = randomUUID();
  private child!: ChildProcess;
  private sockets!: { readonly shell: Socket; readonly control: Socket; readonly iopub: Socket };
  private readonly arrival = new EventEmitter();

  static async start(): Promise<KernelClient> {
    const client = new KernelClient();
    await client.launch();
    return client;
  }

  /** Runs a cell to its end. */
  async run(code: string, options: object = {}): Promise<Outcome> {
    return this.finish(this.send('execute_request', { code, silent: false, stop_on_error: true, ...options }));
  }

  async ask(type: string, content: object = {}, socket: 'shell' | 'control' = 'shell'): Promise<Message['content']> {
    return this.send(type, content, socket).reply;
  }

  send(
    type: string,
    content: object,
    socket: 'shell' | 'control' = 'shell',
  ): { readonly id: string; readonly reply: Promise<Message['content']> } {
    const id = randomUUID();
    const reply = new Promise<Message['content']>((done) => this.replies.set(id, done));
    const header = { msg_id: id, msg_type: type, session: 'test', username: 'test', date: new Date().toISOString(), version: '5.3' };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const signature = createHmac('sha256', this.key).update(parts.join('')).digest('hex');
    this.sockets[socket].send([DELIMITER, signature, ...parts]);
    return { id, reply };
  }

  async finish({ id, reply }: { readonly id: string; readonly reply: Promise<Message['content']> }): Promise<Outcome> {
    await this.until((m) => m.parent === id && m.type === 'status' && m.content.execution_state === 'idle');
    return { reply: await reply, published: this.published.filter((m) => m.parent === id) };
  }

  /** Waits until something that fits was published. */
  async until(fits: (message: Message) => boolean): Promise<void> {
    while (!this.published.some(fits)) await once(this.arrival, 'message');
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** Restarts as Jupyter does: asks the old one to end, starts a new one. */
  async restart(): Promise<void> {
    const ended = new Promise((done) => this.child.once('exit', done));
    await this.ask('shutdown_request', { restart: true }, 'control');
    await ended;
    this.disconnect();
    await this.launch();
  }

  close(): void {
    this.disconnect();
    this.child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async launch(): Promise<void> {
    const ports = await freePorts(5);
    const [shell_port, iopub_port, control_port, stdin_port, hb_port] = ports;
    const connection = { shell_port, iopub_port, control_port, stdin_port, hb_port, key: this.key };
    const file = join(this.folder, 'connection.json');
    writeFileSync(file, JSON.stringify({ ...connection, ip: '127.0.0.1', transport: 'tcp', signature_scheme: 'hmac-sha256' }));
    const start = join(notebooks, 'kernels/mesa-lab/start.cjs');
    this.child = spawn(process.execPath, ['--expose-gc', start, file], { cwd: notebooks, stdio: ['ignore', 'inherit', 'inherit'] });
    const zeromq = createRequire(join(notebooks, 'package.json'))('zeromq');
    this.sockets = { shell: new zeromq.Dealer(), control: new zeromq.Dealer(), iopub: new zeromq.Subscriber({ receiveHighWaterMark: 0 }) };
    const { shell, control, iopub } = this.sockets;
    shell.connect(`tcp://127.0.0.1:${shell_port}`);
    control.connect(`tcp://127.0.0.1:${control_port}`);
    iopub.connect(`tcp://127.0.0.1:${iopub_port}`);
    iopub.subscribe();
    this.receive(shell, (m) => this.replies.get(m.parent)?.(m.content));
    this.receive(control, (m) => this.replies.get(m.parent)?.(m.content));
    this.receive(iopub, (m) => this.published.push(m));
    while (this.published.length === 0) await Promise.race([this.ask('kernel_info_request'), new Promise((go) => setTimeout(go, 200))]);
  }

  private async receive(socket: Socket, take: (message: Message) => void): Promise<void> {
    for await (const frames of socket) {
      const [, header, parent, , content] = frames.slice(frames.findIndex((f: Buffer) => f.toString() === DELIMITER) + 1).map(String);
      take({ type: JSON.parse(header).msg_type, parent: JSON.parse(parent).msg_id, content: JSON.parse(content) });
      this.arrival.emit('message');
    }
  }

  private disconnect(): void {
    for (const socket of Object.values(this.sockets)) socket.close();
    this.published.length = 0;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((done) => server.once('listening', done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** What was printed to one stream. */
export function printed({ published }: Outcome, name: string = 'stdout'): string {
  return published
    .filter((m) => m.type === 'stream' && m.content.name === name)
    .map((m) => m.content.text)
    .join('');
}
