// What is checked in JupyterLab: a reader's way through a notebook.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A check of a notebook whose last two cells train until an Interrupt and go on. */
export function lab(notebook) {
  return async ({ page, url, folder, check }) => {
    const open = async (name) => {
      await page.goto(`${url}/doc/tree/${name}`);
      await page.waitForFunction(() => window.jupyterapp?.shell.currentWidget?.context?.isReady);
      await page.waitForFunction(() => window.jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle');
    };
    const command = (id) => page.evaluate((id) => void window.jupyterapp.commands.execute(id), id);
    const cell = (i) => page.locator('.jp-Cell').nth(i);
    const count = notebook.cells.length;
    writeFileSync(join(folder, 'lab.ipynb'), JSON.stringify(notebook));
    await open('lab.ipynb');

    await check('Run All reaches the training cell, all 20,000 lines are there', async () => {
      await command('notebook:run-all-cells');
      await cell(count - 2)
        .getByText('fitting')
        .waitFor();
      await page.waitForFunction(() => {
        const { cells } = window.jupyterapp.shell.currentWidget.content.model;
        const texts = cells
          .get(2)
          .outputs.toJSON()
          .map(({ text }) => [text].flat().join(''));
        return (
          texts
            .join('')
            .split('\n')
            .filter((line) => line.startsWith('line ')).length === 20_000
        );
      });
    });
    await check('the kernel is busy while a cell runs', async () => {
      await page.waitForFunction(() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy');
    });
    await check('figures are interactive', async () => {
      await cell(3).locator('.js-plotly-plot .main-svg').first().waitFor();
      if ((await cell(3).locator('img').count()) > 0) throw new Error('the picture is still there beside the figure');
    });
    await check('Interrupt stops fit, and everything stays usable', async () => {
      await command('notebook:interrupt-kernel');
      await cell(count - 1)
        .getByText('stopped true then 2 more')
        .waitFor();
      await page.waitForFunction(() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle');
    });
    await check('completions and documentation of the library appear', async () => {
      await command('notebook:insert-cell-below');
      await page.keyboard.press('Enter');
      await page.keyboard.type('models.');
      await page.keyboard.press('Tab');
      await page.locator('.jp-Completer-item', { hasText: 'vit' }).first().waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.type('vit');
      await page.keyboard.press('Shift+Tab');
      await page.locator('.jp-Tooltip', { hasText: 'vit' }).waitFor();
      await page.keyboard.press('Escape');
      await command('notebook:delete-cell');
    });
    await check('reopened where it is not trusted it shows the pictures', async () => {
      const saved = await page.evaluate(async () => {
        const { context } = window.jupyterapp.shell.currentWidget;
        await context.save();
        return JSON.stringify(context.model.toJSON());
      });
      // Jupyter knows by their content the notebooks that ran here: this one is another
      const stranger = JSON.parse(saved);
      for (const { outputs = [] } of stranger.cells)
        for (const { data } of outputs) if (data?.['text/plain']) data['text/plain'] = 'of a stranger';
      writeFileSync(join(folder, 'stranger.ipynb'), JSON.stringify(stranger));
      await open('stranger.ipynb');
      await cell(3).locator('img[src^="data:image/png"]').waitFor();
      if ((await page.locator('.js-plotly-plot').count()) > 0) throw new Error('a script ran');
    });
  };
}
