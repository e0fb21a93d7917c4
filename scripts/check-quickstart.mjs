// What npm start must have left in out/quickstart: the notebook as it is kept, every policy at 97 %, and a page that loads nothing.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkAlike, checkExecuted, codeCells } from './notebook-checks.mjs';
import { root } from './prepare.mjs';

const notebook = join(root, 'out/quickstart/quickstart.ipynb');
const page = readFileSync(join(root, 'out/quickstart/report.html'), 'utf8');

checkExecuted(notebook);
checkAlike(notebook, join(root, 'notebooks/00-quickstart.ipynb'));
const [trained, stepped] = tables(notebook);

const column = (table, name) => Object.fromEntries(table.map((row) => [row.policy, Number(row[name])]));
const accuracy = column(trained, 'test accuracy, %');
assert.deepEqual(Object.keys(accuracy), ['exact', 'mesa', 'plus']);
for (const [name, percent] of Object.entries(accuracy)) assert(percent >= 97, `${name} reached ${percent} %`);
for (const table of [trained, stepped]) {
  const saved = column(table, 'saved, MiB');
  assert(saved.plus < saved.mesa && saved.mesa < saved.exact, `saved: ${JSON.stringify(saved)}`);
}
assert.equal(stepped.length, 5);
assert(
  page.includes('default-src &#39;none&#39;') && !/\ssrc=(?!["']?data:)/.test(page.replace(/<script[\s\S]*?<\/script>/g, '')),
  'the page loads something',
);
console.log(
  `${Object.entries(accuracy)
    .map(([name, percent]) => `${name} ${percent} %`)
    .join(', ')}`,
);

/** The tables of a notebook, from their text: a row of names, a line, rows, with two spaces at least between columns. */
function tables(path) {
  const texts = codeCells(path)
    .flatMap(({ outputs }) => outputs)
    .filter(({ data }) => data?.['text/html']?.join('').includes('<table'))
    .map(({ data }) => data['text/plain'].join(''));
  return texts.map((text) => {
    const [names, , ...rows] = text.split('\n').map((line) => line.trim().split(/\s{2,}/));
    return rows.map((cells) => Object.fromEntries(cells.map((cell, i) => [names[i], cell])));
  });
}
