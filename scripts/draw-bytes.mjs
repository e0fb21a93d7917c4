// Draws docs/bytes.svg, the picture of the README, from the summary that npm start wrote.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mebibytes } from '../dist/show/format.js';
import { html } from '../dist/show/html.js';
import { root } from './prepare.mjs';

const { deit, engine, made } = JSON.parse(readFileSync(join(root, 'out/quickstart/summary.json'), 'utf8'));
const WIDTH = 760;
const LEFT = 170; // of the bars
const ROW = 26;
const TOP = 46;
const FULL = WIDTH - LEFT - 90; // the longest bar
const most = Math.max(...deit.rows.map((r) => r.activationPeakBytes));
const length = (bytes) => ((FULL * bytes) / most).toFixed(1);

const bar = ({ policy, microBatch, savedBytes, activationPeakBytes }, i) => {
  const y = TOP + i * ROW;
  const name = microBatch === deit.batch ? policy : `${policy}, micro-batch ${microBatch}`;
  return html`
<text x="${LEFT - 10}" y="${y + 14}" text-anchor="end">${name}</text>
<rect x="${LEFT}" y="${y + 2}" height="16" width="${length(activationPeakBytes)}" fill="#a6cee3"/>
<rect x="${LEFT}" y="${y + 2}" height="16" width="${length(Math.min(savedBytes, activationPeakBytes))}" fill="#0072b2"/>
<text x="${LEFT + 8 + Number(length(activationPeakBytes))}" y="${y + 14}">${mebibytes(activationPeakBytes)}</text>`;
};

const height = TOP + deit.rows.length * ROW + 12;
const picture = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="activation memory of a DeiT-Ti step by policy">
<style>text { font: 13px system-ui, sans-serif; fill: #333 } .quiet { font-size: 12px; fill: #666 }</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="18">DeiT-Ti, 224 px, batch ${deit.batch}: activation peak of one training step</text>
<rect x="${LEFT}" y="27" width="10" height="10" fill="#0072b2"/><text class="quiet" x="${LEFT + 15}" y="36">saved for backward</text>
<rect x="${LEFT + 140}" y="27" width="10" height="10" fill="#a6cee3"/><text class="quiet" x="${LEFT + 155}" y="36">gradients and transients</text>
<text class="quiet" x="${WIDTH - 8}" y="36" text-anchor="end">${engine.form}, ${engine.isa}; ${made.slice(0, 10)}</text>
${deit.rows.map(bar)}
</svg>
`;
writeFileSync(join(root, 'docs/bytes.svg'), picture.text);
