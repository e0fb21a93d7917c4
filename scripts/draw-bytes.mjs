// Draws docs/bytes.svg, the picture of the README: a step of DeiT-Ti under each policy and in micro-batches, from dry runs.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const require = createRequire(import.meta.url);
const { dryEngine, models, policies, watch } = require('mesa-lab');
const { mebibytes } = require('../dist/show/format.js');
const { html } = require('../dist/show/html.js');

const BATCH = 16;
const WIDTH = 760;
const LEFT = 170; // of the bars
const ROW = 26;
const TOP = 46;
const FULL = WIDTH - LEFT - 90; // the longest bar

const model = models.deitTiny({ engine: dryEngine({ threads: 2 }) });
const rows = [
  ...watch.compare(model, { policies: Object.values(policies).map((make) => make()), batch: BATCH }).rows,
  ...[4, 1].flatMap((micro) => inMicroBatches(micro)),
];
const most = Math.max(...rows.map((r) => r.activationPeakBytes));
const length = (bytes) => ((FULL * bytes) / most).toFixed(1);

const height = TOP + rows.length * ROW + 12;
const picture = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="activation memory of a DeiT-Ti step by policy">
<style>text { font: 13px system-ui, sans-serif; fill: #333 } .quiet { font-size: 12px; fill: #666 }</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="18">DeiT-Ti, 224 px, batch ${BATCH}: activation peak of one training step</text>
<rect x="${LEFT}" y="27" width="10" height="10" fill="#0072b2"/><text class="quiet" x="${LEFT + 15}" y="36">saved for backward</text>
<rect x="${LEFT + 140}" y="27" width="10" height="10" fill="#a6cee3"/><text class="quiet" x="${LEFT + 155}" y="36">gradients and transients</text>
${rows.map(bar)}
</svg>
`;
writeFileSync(join(root, 'docs/bytes.svg'), picture.text);

function inMicroBatches(micro) {
  const { rows } = watch.compare(model, { policies: [policies.exact()], batch: BATCH, accumulate: BATCH / micro });
  return rows.map((row) => ({ ...row, policy: `exact, micro-batch ${micro}` }));
}

function bar({ policy, savedBytes, activationPeakBytes }, i) {
  const y = TOP + i * ROW;
  return html`
<text x="${LEFT - 10}" y="${y + 14}" text-anchor="end">${policy}</text>
<rect x="${LEFT}" y="${y + 2}" height="16" width="${length(activationPeakBytes)}" fill="#a6cee3"/>
<rect x="${LEFT}" y="${y + 2}" height="16" width="${length(Math.min(savedBytes, activationPeakBytes))}" fill="#0072b2"/>
<text x="${LEFT + 8 + Number(length(activationPeakBytes))}" y="${y + 14}">${mebibytes(activationPeakBytes)}</text>`;
}
