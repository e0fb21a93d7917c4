// What npm start must have left in out/quickstart: every policy at 97 %, and a page that loads nothing.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const read = (name) => readFileSync(join(root, 'out/quickstart', name), 'utf8');
const { policies, deit, engine } = JSON.parse(read('summary.json'));
const page = read('report.html');

assert.deepEqual(Object.keys(policies), ['exact', 'mesa', 'plus']);
for (const [name, { accuracy }] of Object.entries(policies)) assert(accuracy >= 0.97, `${name} reached ${accuracy}`);
assert(policies.plus.savedBytes < policies.mesa.savedBytes && policies.mesa.savedBytes < policies.exact.savedBytes);
assert.equal(deit.rows.length, 9);
assert(!/\s(src|href)=|url\(|@import/.test(page), 'the page loads something');
console.log(
  `${engine.form}: ${Object.entries(policies)
    .map(([name, { accuracy }]) => `${name} ${(accuracy * 100).toFixed(2)} %`)
    .join(', ')}`,
);
