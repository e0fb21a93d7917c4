// What is checked in JupyterLab: a reader's way through a notebook.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A notebook in JupyterLab, seen through its model: cells that are out of sight have no elements. */
function opened(page, url) {
  const model = (ask, argument) => page.evaluate(`(${ask})(window.jupyterapp.shell.currentWidget, ${JSON.stringify(argument)})`);
  const waitFor = (ask, argument) =>
    page.waitForFunction(`(${ask})(window.jupyterapp?.shell.currentWidget, ${JSON.stringify(argument)})`, undefined, { polling: 200 });
  const kernel = (status) => waitFor((widget, wanted) => widget.sessionContext?.session?.kernel?.status === wanted, status);
  return {
    model,
    waitFor,
    kernel,
    async open(name) {
      await page.goto(`${url}/doc/tree/${name}`);
      await waitFor((widget) => widget?.context?.isReady);
      await kernel('idle');
    },
    command: (id) => page.evaluate((id) => void window.jupyterapp.commands.execute(id), id),
    /** What a cell has printed. */
    prints: (cell, text) =>
      waitFor(
        (widget, { cell, text }) => {
          const outputs = widget.content.model.cells.get(cell).outputs.toJSON();
          return outputs.some((output) => [output.text].flat().join('').includes(text));
        },
        { cell, text },
      ),
    /** The element of a cell, brought into sight. */
    async element(cell) {
      await model((widget, cell) => {
        widget.content.activeCellIndex = cell;
        return widget.content.scrollToItem(cell, 'start');
      }, cell);
      return page.locator(`.jp-Cell[data-windowed-list-index="${cell}"]`);
    },
    /** An error with what the cells show. */
    async explain(cause) {
      const cells = await model((widget) => widget.content.model.toJSON().cells.map(({ outputs = [] }) => outputs));
      const shown = cells.map((outputs, i) => `cell ${i}: ${JSON.stringify(outputs).slice(-300)}`);
      throw new Error([cause.message, ...shown].join('\n'));
    },
  };
}

/** A figure is drawn by its script, and the picture that stands for it is gone. */
async function isInteractive(notebook, cell) {
  const element = await notebook.element(cell);
  await element.locator('.js-plotly-plot .main-svg').first().waitFor();
  if ((await element.locator('img').count()) > 0) throw new Error('the picture is still there beside the figure');
}

/** The notebook that is open, where Jupyter does not trust it: pictures, and no script has run. */
async function isReadableUntrusted({ page, folder }, notebook, cell) {
  const saved = await notebook.model(async ({ context }) => {
    await context.save();
    return context.model.toJSON();
  });
  // Jupyter knows by their content the notebooks that ran here: this one is another.
  for (const { outputs = [] } of saved.cells)
    for (const { data } of outputs) if (data?.['text/plain']) data['text/plain'] = 'of a stranger';
  writeFileSync(join(folder, 'stranger.ipynb'), JSON.stringify(saved));
  await notebook.open('stranger.ipynb');
  const element = await notebook.element(cell);
  await element.locator('img[src^="data:image/png"]').waitFor();
  if ((await page.locator('.js-plotly-plot').count()) > 0) throw new Error('a script ran');
}

/** The synthetic notebook: many lines, a figure, a `fit` without end, and one after it. */
export async function synthetic(lab) {
  const { page, url, check } = lab;
  const notebook = opened(page, url);
  const [many, figure, endless, after] = [2, 3, 4, 5];
  const checked = (title, f) => check(title, () => f().catch(notebook.explain));
  await notebook.open('synthetic.ipynb');

  await checked('Run All reaches the training cell, all 20,000 lines are there', async () => {
    await notebook.command('notebook:run-all-cells');
    await notebook.prints(endless, 'fitting');
    await notebook.waitFor((widget, cell) => {
      const texts = widget.content.model.cells
        .get(cell)
        .outputs.toJSON()
        .flatMap(({ text }) => text);
      return texts.join('').match(/^line /gm)?.length === 20_000;
    }, many);
  });
  await checked('the kernel is busy while a cell runs', () => notebook.kernel('busy'));
  await checked('figures are interactive', () => isInteractive(notebook, figure));
  await checked('Interrupt stops fit, and everything stays usable', async () => {
    await notebook.command('notebook:interrupt-kernel');
    await notebook.prints(after, 'stopped true then 2 more');
    await notebook.kernel('idle');
  });
  await checked('completions and documentation of the library appear', async () => {
    await notebook.element(after);
    await notebook.command('notebook:insert-cell-below');
    await page.keyboard.press('Enter');
    await page.keyboard.type('models.');
    await page.keyboard.press('Tab');
    await page.locator('.jp-Completer-item', { hasText: 'vit' }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.type('vit');
    await page.keyboard.press('Shift+Tab');
    await page.locator('.jp-Tooltip', { hasText: 'vit' }).waitFor();
    await page.keyboard.press('Escape');
    await notebook.command('notebook:delete-cell');
  });
  await checked('reopened where it is not trusted it shows the pictures', () => isReadableUntrusted(lab, notebook, figure));
}

/** 00-quickstart, with one epoch in place of three: Run All, every figure, and its pictures. */
export async function quickstart(lab) {
  const notebook = opened(lab.page, lab.url);
  const checked = (title, f) => lab.check(`00-quickstart: ${title}`, () => f().catch(notebook.explain));
  await notebook.open('00-quickstart.ipynb');

  let figures = [];
  const ran = await checked('Run All runs all cells, none fails', async () => {
    await notebook.command('notebook:run-all-cells');
    await notebook.waitFor((widget) => {
      const cells = [...widget.content.model.cells].filter(({ type }) => type === 'code');
      const failed = cells.some(({ outputs }) => outputs.toJSON().some((output) => output.output_type === 'error'));
      return failed || cells.every(({ executionCount }) => executionCount > 0);
    });
    const outputs = await notebook.model((widget) => widget.content.model.toJSON().cells.map((cell) => cell.outputs ?? []));
    if (outputs.flat().some((output) => output.output_type === 'error')) throw new Error('a cell failed');
    figures = [...outputs.keys()].filter((i) => outputs[i].some(({ data }) => data?.['image/png']));
    if (figures.length !== 4) throw new Error(`figures in cells ${figures}`);
  });
  if (!ran) return;
  await checked('figures are interactive', async () => {
    for (const cell of figures) await isInteractive(notebook, cell);
  });
  await checked('reopened where it is not trusted it shows the pictures', () => isReadableUntrusted(lab, notebook, figures[0]));
}
