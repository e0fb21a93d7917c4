import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KernelClient, type Outcome, printed } from './kernel-client';

let kernel: KernelClient;
beforeAll(async () => {
  kernel = await KernelClient.start();
}, 30_000);
afterAll(() => kernel.close());

const types = ({ published }: Outcome) => published.map((m) => m.type);
const error = ({ published }: Outcome) => published.find((m) => m.type === 'error')?.content;

describe('what a cell gives out', () => {
  it('arrives whole when it prints 20,000 lines at once, in few messages', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('');
    const ran = await kernel.run('for (let i = 0; i < 20000; i++) console.log("line " + i);');
    expect(printed(ran)).toBe(lines);
    expect(ran.published.length).toBeLessThan(200);
    expect(ran.reply.status).toBe('ok');
  });

  it('comes live from a loop that never yields', async () => {
    const sent = kernel.send('execute_request', { code: 'const end = Date.now() + 1500; console.log("early"); while (Date.now() < end);' });
    await kernel.until((m) => m.parent === sent.id && m.type === 'stream');
    expect(kernel.published.some((m) => m.parent === sent.id && m.content.execution_state === 'idle')).toBe(false);
    await kernel.finish(sent);
  });

  it('is counted, and its last value is its result', async () => {
    const { published, reply } = await kernel.run('({ a: 1 })');
    expect(published.map((m) => m.content.execution_state ?? m.type)).toEqual(['busy', 'execute_input', 'execute_result', 'idle']);
    expect(published[2]?.content).toEqual({ data: { 'text/plain': '{ a: 1 }' }, metadata: {}, execution_count: reply.execution_count });
  });

  it('may say itself how it looks, also later', async () => {
    const now = await kernel.run('({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>x</b>" }) })');
    const later = await kernel.run('({ [Symbol.for("Jupyter.display")]: async () => ({ "text/html": "<b>y</b>" }) })');
    expect([now, later].map(({ published }) => published[2]?.content.data)).toEqual([
      { 'text/html': '<b>x</b>' },
      { 'text/html': '<b>y</b>' },
    ]);
  });

  it('keeps the order of prints and displays', async () => {
    const code =
      'import { newDisplay } from "tslab"; console.log("a"); const d = newDisplay(); d.text("b"); console.log("c"); d.text("d");';
    expect(types(await kernel.run(code)).slice(2, -1)).toEqual(['stream', 'display_data', 'stream', 'update_display_data']);
  });
});

describe('a failed cell', () => {
  it('says so once, without the frames of the kernel, and the kernel goes on', async () => {
    const failed = await kernel.run('function f() { throw new RangeError("boom"); }\nf();');
    expect(failed.reply).toMatchObject({ status: 'error', ename: 'RangeError', evalue: 'boom' });
    expect(error(failed).traceback.join('\n')).toMatch(
      /^function f.*\n +\^\n\nRangeError: boom\n {4}at f \(compiled cell:\d+:\d+\)(\n {4}at compiled cell:\d+:\d+)+$/,
    );
    expect(printed(failed, 'stderr')).toBe('');
    expect(printed(await kernel.run('console.log(1 + 1)'))).toBe('2\n');
  });

  it('tells all its type errors in one', async () => {
    const failed = await kernel.run('const n: number = "x";\nconst s: string = 1;');
    expect(error(failed)).toMatchObject({
      ename: 'TypeScriptError',
      traceback: [expect.stringMatching(/^1:7 - Type/), expect.stringMatching(/^2:7 - Type/)],
    });
  });

  it('keeps the cells behind it from running, unless they were sent with stop_on_error: false', async () => {
    const [, stopped] = await Promise.all([kernel.run('throw 1'), kernel.run('console.log("ran")')]);
    expect(stopped.reply.status).toBe('aborted');
    expect(printed(stopped)).toBe('');
    const [, ran] = await Promise.all([kernel.run('throw 1', { stop_on_error: false }), kernel.run('console.log("ran")')]);
    expect(printed(ran)).toBe('ran\n');
  });
});

describe('while a cell runs', () => {
  it('others wait, and only the running one is busy', async () => {
    const first = kernel.send('execute_request', { code: 'await new Promise((r) => setTimeout(r, 300)); console.log("first");' });
    const second = kernel.send('execute_request', { code: 'console.log("second");' });
    await Promise.all([kernel.finish(first), kernel.finish(second)]);
    const all = kernel.published.filter((m) => m.parent === first.id || m.parent === second.id);
    expect(all.map((m) => `${m.parent === first.id ? 1 : 2} ${m.content.execution_state ?? m.type}`)).toEqual([
      ...['busy', 'execute_input', 'stream', 'idle'].map((what) => `1 ${what}`),
      ...['busy', 'execute_input', 'stream', 'idle'].map((what) => `2 ${what}`),
    ]);
  });

  it('completions are answered, and the kernel still counts as busy', async () => {
    const cell = kernel.send('execute_request', { code: 'await new Promise((r) => setTimeout(r, 1000));' });
    await kernel.until((m) => m.parent === cell.id);
    const { reply } = await kernel.finish(kernel.send('complete_request', { code: 'Math.sq', cursor_pos: 7 }));
    expect(reply.matches).toContain('sqrt');
    await kernel.until(() => kernel.published.at(-1)?.parent === cell.id);
    expect(kernel.published.at(-1)?.content).toEqual({ execution_state: 'busy' });
    await kernel.finish(cell);
  });
});

describe('Interrupt', () => {
  const interruptAfter = async (code: string) => {
    const cell = kernel.send('execute_request', { code });
    await kernel.until((m) => m.parent === cell.id && m.type === 'stream');
    kernel.interrupt();
    return kernel.finish(cell);
  };

  it('ends a loop that never yields', async () => {
    expect((await interruptAfter('console.log("on"); while (true);')).reply).toMatchObject({ status: 'error' });
    expect(printed(await kernel.run('console.log("alive")'))).toBe('alive\n');
  });

  it('ends a cell that waits', async () => {
    const { reply } = await interruptAfter('await null; console.log("on"); await new Promise(() => {});');
    expect(reply).toMatchObject({ status: 'error', evalue: 'Interrupted asynchronously' });
  });

  it('belongs to whoever listens, even from the first line of a cell; a second one is not theirs alone', async () => {
    const listen = 'const stop = new Promise<string>((r) => process.once("SIGINT", () => r("stopped"))); await null; console.log("on");';
    const once = await interruptAfter(`${listen} const how = await stop;`);
    expect(once.reply.status).toBe('ok');
    expect(printed(await kernel.run('console.log(how)'))).toBe('stopped\n');

    await kernel.run('const deaf = () => {}; process.on("SIGINT", deaf);');
    const cell = kernel.send('execute_request', { code: 'await null; console.log("on"); await new Promise(() => {});' });
    await kernel.until((m) => m.parent === cell.id && m.type === 'stream');
    kernel.interrupt();
    await new Promise((go) => setTimeout(go, 200));
    kernel.interrupt();
    expect((await kernel.finish(cell)).reply.status).toBe('error');
    await kernel.run('await null; process.off("SIGINT", deaf);');
  });

  it('may come as a message', async () => {
    const cell = kernel.send('execute_request', { code: 'await null; console.log("on"); await new Promise(() => {});' });
    await kernel.until((m) => m.parent === cell.id && m.type === 'stream');
    expect(await kernel.ask('interrupt_request', {}, 'control')).toEqual({ status: 'ok' });
    expect((await kernel.finish(cell)).reply.status).toBe('error');
  });
});

describe('the kernel', () => {
  it('answers what front ends ask', async () => {
    expect(await kernel.ask('kernel_info_request')).toMatchObject({
      status: 'ok',
      language_info: { name: 'typescript', file_extension: '.ts' },
    });
    expect(await kernel.ask('history_request')).toEqual({ status: 'ok', history: [] });
    expect(await kernel.ask('comm_info_request')).toEqual({ status: 'ok', comms: {} });
    expect(await kernel.ask('is_complete_request', { code: 'if (1) {' })).toMatchObject({ status: 'incomplete' });
  });

  it('starts afresh after a restart', async () => {
    await kernel.run('const kept = 1;');
    await kernel.restart();
    expect(error(await kernel.run('console.log(kept);')).traceback.join()).toContain("Cannot find name 'kept'");
    expect(printed(await kernel.run('console.log(2);'))).toBe('2\n');
  }, 30_000);
});
