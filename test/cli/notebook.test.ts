import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { notebookCommand } from '../../kernel-lib/cli/notebook/command';
import { type Notebook, readNotebook } from '../../kernel-lib/cli/notebook/notebook';
import { runNotebook } from '../../kernel-lib/cli/notebook/run-notebook';

const { JSDOM } = createRequire(__filename)('jsdom');
const folder = mkdtempSync(join(tmpdir(), 'mesa-lab-notebook-'));
beforeAll(() => symlinkSync(resolve(__dirname, '../../notebooks/node_modules'), join(folder, 'node_modules'))); // types of Node, tslab
afterAll(() => rmSync(folder, { recursive: true }));

const code = (source: string) => ({ cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null });
const prose = (source: string, more: object = {}) => ({ cell_type: 'markdown', source, metadata: {}, ...more });
const notebookOf = (...cells: object[]) => ({ cells, metadata: {}, nbformat: 4, nbformat_minor: 4 }) as unknown as Notebook;
const file = join(folder, 'try.ipynb');

async function run(...sources: string[]) {
  const { notebook, failed } = await runNotebook(notebookOf(...sources.map(code)), file);
  return {
    outputs: notebook.cells.map((cell) => cell.outputs ?? []),
    counts: notebook.cells.map((c) => c.execution_count),
    failed,
    notebook,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: jsdom brings no types
type Node = any;

/** Runs the command with what it says caught. */
async function command(...args: string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  try {
    return { code: await notebookCommand(args), said: said.join('') };
  } finally {
    spy.mockRestore();
  }
}

const write = (notebook: unknown) => writeFileSync(file, JSON.stringify(notebook));

describe('a notebook that runs without Jupyter', () => {
  it('has prints merged by stream, lines written over folded, results and displays', async () => {
    const { outputs, counts } = await run(
      'console.log("a"); console.log("b"); console.error("c");',
      'process.stdout.write("1 %\\r2 %\\r3 %\\n"); ({ x: 1 })',
      'import { display } from "tslab"; display.html("<b>h</b>");',
    );
    expect(outputs[0]).toEqual([
      { output_type: 'stream', name: 'stdout', text: ['a\n', 'b\n'] },
      { output_type: 'stream', name: 'stderr', text: ['c\n'] },
    ]);
    expect(outputs[1]).toEqual([
      { output_type: 'stream', name: 'stdout', text: ['3 %\n'] },
      { output_type: 'execute_result', data: { 'text/plain': ['{ x: 1 }'] }, metadata: {}, execution_count: 2 },
    ]);
    expect(outputs[2]).toMatchObject([{ output_type: 'display_data', data: { 'text/html': ['<b>h</b>'] } }]);
    expect(counts).toEqual([1, 2, 3]);
  });

  it('has every one of 20,000 lines', async () => {
    const { outputs } = await run('for (let i = 0; i < 20000; i++) console.log(i);');
    expect(outputs[0]).toMatchObject([{ text: Array.from({ length: 20_000 }, (_, i) => `${i}\n`) }]);
  });

  it('has displays replaced where they are, also from a later cell', async () => {
    const { outputs } = await run('import { newDisplay } from "tslab"; const d = newDisplay(); d.text("old");', 'd.text("new");');
    expect(outputs).toMatchObject([[{ data: { 'text/plain': ['new'] } }], []]);
  });

  it('ends at the first cell that fails, and says which and why', async () => {
    const { outputs, failed } = await run('console.log(1);', 'throw new RangeError("boom");', 'console.log(3);');
    expect(failed).toMatchObject({ number: 2, failure: { ename: 'RangeError', evalue: 'boom' } });
    expect(outputs[1]).toMatchObject([{ output_type: 'error', ename: 'RangeError', evalue: 'boom' }]);
    expect(outputs[2]).toEqual([]);
  });

  it('fails for type errors, promises that nobody awaited, and a process that is gone', async () => {
    expect((await run('const n: number = "x";')).failed?.failure.ename).toBe('TypeScriptError');
    expect((await run('void Promise.reject(new Error("lost"));')).failed?.failure.evalue).toBe('lost');
    expect((await run('process.exit(3);')).failed?.failure.evalue).toContain('code 3');
  }, 30_000);

  it('gives a cell no more than its time, even one that never yields', async () => {
    const { failed } = await runNotebook(notebookOf(code('while (true);')), file, { timeoutSeconds: 1 });
    expect(failed?.failure).toMatchObject({ ename: 'Timeout', evalue: expect.stringContaining('longer than 1 s') });
  });

  it('can be interrupted', async () => {
    const stop = new AbortController();
    const onCell = () => setTimeout(() => stop.abort(), 500);
    const { failed } = await runNotebook(notebookOf(code('await new Promise(() => {});')), file, { signal: stop.signal, onCell });
    expect(failed?.failure.evalue).toBe('Interrupted asynchronously');
  });
});

describe('mesa-lab notebook run', () => {
  it('writes the notebook back, says what it does, and gives 0', async () => {
    write(notebookOf(prose('# Title'), code('1 + 1')));
    const { code: status, said } = await command('run', file);
    expect(status).toBe(0);
    expect(said).toMatch(/cell 1 of 1 +\d.*s {2}1 \+ 1\n\nok in .*s; wrote /);
    const written = await readNotebook(file);
    expect(written.cells[1]?.outputs).toMatchObject([{ data: { 'text/plain': ['2'] } }]);
    expect(written).toMatchObject({
      nbformat_minor: 5,
      metadata: { kernelspec: { name: 'mesa-lab' }, language_info: { name: 'typescript', version: '5.0.4' } },
    });
    expect(written.cells.every(({ id }) => /^[\w-]{1,64}$/.test(id ?? ''))).toBe(true);
  });

  it('gives 1 when a cell fails, and leaves what it was given where --out says otherwise', async () => {
    write(notebookOf(code('throw new Error("boom")')));
    const before = readFileSync(file, 'utf8');
    const { code: status, said } = await command('run', file, '--out', join(folder, 'out.ipynb'));
    expect(status).toBe(1);
    expect(said).toMatch(/cell 1 of .*try\.ipynb failed:\n[\s\S]*Error: boom\n[\s\S]*FAILED in/);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readFileSync(join(folder, 'out.ipynb'), 'utf8')).toContain('boom');
  });

  it.each([
    [['walk', 'x.ipynb'], 'cannot make sense of notebook walk x.ipynb'],
    [['run'], 'cannot make sense of notebook run'],
    [['run', 'x.ipynb', '--timeout', 'soon'], '--timeout: soon is not a number of seconds'],
    [['run', join(folder, 'none.ipynb')], 'cannot be read'],
  ])('refuses %j', async (args, text) => {
    await expect(command(...args)).rejects.toThrow(text);
  });

  it.each([
    ['{', 'is not JSON'],
    ['null', 'is not a notebook of version 4'],
    ['{"nbformat":3,"metadata":{},"cells":[]}', 'is not a notebook of version 4'],
    ['{"nbformat":4,"metadata":{},"cells":[{"cell_type":"code","source":[1]}]}', 'is not a notebook of version 4'],
  ])('refuses a file with %s', async (content, text) => {
    writeFileSync(file, content);
    await expect(command('run', file)).rejects.toThrow(text);
  });
});

describe('the page of a notebook', () => {
  const page = async (...cells: object[]) => {
    write(notebookOf(...cells));
    expect((await command('run', file, '--html', join(folder, 'page.html'))).code).toBe(0);
    return new JSDOM(readFileSync(join(folder, 'page.html'), 'utf8')).window.document;
  };

  it('has prose, formulas, highlighted code, outputs and pictures, and needs nothing from elsewhere', async () => {
    mkdirSync(join(folder, 'pictures'), { recursive: true });
    writeFileSync(join(folder, 'pictures/dot.png'), Buffer.from('iVBORw0KGgo=', 'base64'));
    const document = await page(
      prose('# Attention\n\n$$\\frac{a}{b}$$\n\nand $x^2$ ![dot](pictures/dot.png) ![far](https://example.org/a.png)'),
      code('const text = "x";\nconsole.log("\\x1b[31mred\\x1b[0m");'),
      code('({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<table><tr><td>1</td></tr></table>" }) })'),
    );
    expect(document.title).toBe('Attention');
    expect(document.querySelectorAll('math')).toHaveLength(2);
    expect(document.querySelector('code .hljs-keyword')?.textContent).toBe('const');
    expect(document.querySelector('pre.stdout span')?.getAttribute('style')).toContain('color');
    expect(document.querySelector('.output td')?.textContent).toBe('1');
    expect([...document.querySelectorAll('[src]')].map((node: Node) => node.getAttribute('src'))).toEqual([
      'data:image/png;base64,iVBORw0KGgo=',
    ]);
    expect(document.querySelector('a')?.href).toBe('https://example.org/a.png');
    expect(document.querySelector('meta[http-equiv]')?.getAttribute('content')).toContain("default-src 'none'");
    expect(document.querySelectorAll('link, script, iframe')).toHaveLength(0);
  }, 30_000);

  it('has no active node from what cells print or prose says', async () => {
    const hostile = '<script>alert(1)</script><img src=x onerror=alert(2)></pre></code></title></style>';
    const document = await page(
      prose(
        `# ${hostile}\n\n${hostile} [link](javascript:alert(3)) ![${hostile}](javascript:alert(4)) $\\href{javascript:alert(5)}{x}$ $${hostile}$`,
      ),
      { cell_type: 'raw', source: hostile, metadata: {} },
      code(`console.log(${JSON.stringify(hostile)}); console.error(${JSON.stringify(hostile)}); // ${hostile}`),
      code(`import { display } from "tslab"; display.text(${JSON.stringify(hostile)}); display.markdown(${JSON.stringify(hostile)});`),
      code(`${JSON.stringify(hostile)}`),
      code(
        `import { display as d } from "tslab"; d.svg("<svg onload='alert(6)'/>"); d.javascript("alert(7)"); d.latex(${JSON.stringify(hostile)});`,
      ),
    );
    const active = [...document.querySelectorAll('*')].filter(
      (node: Node) =>
        node.matches('script, iframe, object, embed, svg') ||
        [...node.attributes].some(({ name, value }) => /^on/.test(name) || /^\s*javascript:/i.test(value)),
    );
    expect(active.map((node: Node) => node.outerHTML)).toEqual([]);
    expect(document.body.textContent).toContain('alert(2)');
  }, 30_000);

  it('does not take in what lies outside the folder of the notebook', async () => {
    writeFileSync(join(folder, 'secret.svg'), '<svg/>');
    mkdirSync(join(folder, 'inner'), { recursive: true });
    const inner = join(folder, 'inner/try.ipynb');
    writeFileSync(inner, JSON.stringify(notebookOf(prose('![x](../secret.svg) ![y](/etc/passwd)'))));
    await command('run', inner, '--html', join(folder, 'page.html'));
    expect(new JSDOM(readFileSync(join(folder, 'page.html'), 'utf8')).window.document.querySelectorAll('img')).toHaveLength(0);
  });
});
