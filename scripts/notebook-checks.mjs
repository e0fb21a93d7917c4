// What is asked of a notebook that ran.
import { strict as assert } from 'node:assert';
import { readFileSync, statSync } from 'node:fs';

const MOST_BYTES = 1.5e6;

export function codeCells(path) {
  return JSON.parse(readFileSync(path, 'utf8')).cells.filter((cell) => cell.cell_type === 'code');
}

/** Executed in order without an error, small, and with nothing of the machine it ran on. */
export function checkExecuted(path) {
  const { size } = statSync(path);
  assert(size <= MOST_BYTES, `${path} has ${size} bytes`);
  for (const [i, { execution_count: count, outputs }] of codeCells(path).entries()) {
    assert.equal(count, i + 1, `code cell ${i + 1} was not executed in order`);
    const text = JSON.stringify(outputs);
    assert(!text.includes('"output_type":"error"'), `code cell ${i + 1} failed`);
    assert(!/(^|[\s"'(])\/(home|work|tmp|root|usr|Users)\//.test(text), `code cell ${i + 1} shows an absolute path`);
  }
}

/** A run shows what is kept of an earlier one, apart from how it looks. */
export function checkAlike(path, kept) {
  assert.deepEqual(kinds(path), kinds(kept), 'its outputs are not those that are kept');
}

/** Of each cell; prints may come in any number of parts. */
function kinds(path) {
  return codeCells(path).map(({ outputs }) =>
    outputs
      .map(({ output_type: type, data = {} }) => [type, ...Object.keys(data).sort()].join(' '))
      .filter((kind, i, all) => kind !== 'stream' || all[i - 1] !== 'stream'),
  );
}
