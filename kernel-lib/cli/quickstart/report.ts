import type { Engine } from '../../engine/engine';
import { areaChart, areaLegend, type Layer } from '../../show/area-chart';
import { duration, mebibytes, percent } from '../../show/format';
import { type Html, html } from '../../show/html';
import { lineChart } from '../../show/line-chart';
import { page } from '../../show/page';
import { categoryFills } from '../../show/palette';
import { type Bytes, sum, type Timeline } from '../../show/timeline';
import { type DeitRow, type DeitSteps, label } from './deit-steps';
import type { DigitsPlan, DigitsRun } from './digits';

export interface Report {
  readonly engine: Pick<Engine, 'form' | 'isa' | 'threads'>;
  readonly made: string;
  readonly plan: DigitsPlan;
  readonly digits: readonly DigitsRun[];
  /** Absent where the engine is too slow for it. */
  readonly deit?: DeitSteps & { readonly weightsFrom: string; readonly imagesFrom: string };
}

/** The page of the quickstart: what was trained, how well, and with how much memory. */
export function reportPage(report: Report): string {
  const { engine, made } = report;
  return page(
    'mesa-lab quickstart',
    html`
<h1>Less memory, the same training</h1>
<p class="lead">A vision Transformer, trained on MNIST three times from the same start. The forward pass is exact each time;
what differs is how the activations that backward needs are kept: in full (<b>exact</b>), in 8 bits as Mesa does (<b>mesa</b>), or in 8 bits with
a range for every token and head, sharing and recomputing what can be (<b>plus</b>).</p>
<p class="quiet">Engine: ${engine.form}, ${engine.isa}, ${engine.threads} thread${engine.threads === 1 ? '' : 's'}. Made ${made}.</p>
${digitsSection(report)}
${report.deit ? deitSection(report.deit) : html`<h2>DeiT-Ti</h2><p>Left out: plain JavaScript is too slow for it.</p>`}`,
  );
}

function digitsSection({ digits, plan }: Report): Html {
  return html`<h2>MNIST</h2>
<p>${plan.width} channels, ${plan.depth} blocks, patches of ${plan.patchSize} px; ${plan.images.toLocaleString('en-US')} images, ${plan.epochs} epoch${plan.epochs === 1 ? '' : 's'} of batches of ${plan.batch}.
Accuracy is on ${plan.testImages.toLocaleString('en-US')} test images, looked at once, at the end.</p>
${table(
  ['policy', 'test accuracy', 'test loss', 'steps', 'time', 'saved for backward', 'peak, all tensors'],
  digits.map((r) => [
    r.policy,
    percent(r.accuracy),
    r.testLoss.toFixed(4),
    String(r.steps),
    duration(r.seconds * 1000),
    mebibytes(r.savedBytes),
    mebibytes(r.peakBytes),
  ]),
)}
<h3>Training loss</h3>
${lineChart(digits.map(smoothed), { x: 'step', y: 'cross entropy (mean of 25 steps)', alt: 'training loss of the three policies by step', range: [0, 2.4] })}
<h3>Test accuracy</h3>
${accuracyBars(digits)}`;
}

const WINDOW = 25; // steps

function smoothed({ policy, losses }: DigitsRun): { readonly name: string; readonly x: number[]; readonly y: number[] } {
  const ends = Array.from({ length: Math.floor(losses.length / WINDOW) }, (_, i) => (i + 1) * WINDOW);
  const mean = (end: number): number => losses.slice(end - WINDOW, end).reduce((a, b) => a + b, 0) / WINDOW;
  return { name: policy, x: ends, y: ends.map(mean) };
}

/** The axis starts at 90 %, and says so. */
function accuracyBars(digits: readonly DigitsRun[]): Html {
  return html`<div class="bars">${digits.map(
    ({ policy, accuracy }) => html`
<span>${policy}</span><div><i style="width:${Math.max(0, accuracy - 0.9) * 1000}%"></i></div><span>${percent(accuracy)}</span>`,
  )}
<span></span><div class="ends"><small>90 %</small><small>100 %</small></div><span></span></div>`;
}

function deitSection({ rows, timelines, weightsFrom, imagesFrom }: NonNullable<Report['deit']>): Html {
  const exact = rows[0] as DeitRow;
  return html`<h2>One step of DeiT-Ti, 224 px, batch 16</h2>
<p>Weights: ${weightsFrom}. Images: ${imagesFrom}. Saved: what is kept from forward to backward. Activation peak: the largest sum of saves, gradients and
transients over the step, from the engine's ledger, which counts every byte; weights, optimizer and images are not in it.</p>
${table(
  ['policy', 'saved', 'activation peak', 'of exact', 'time of a step', 'cosine with exact gradient', 'relative error'],
  rows.map((r) => [
    label(r.policy, r.microBatch),
    mebibytes(r.savedBytes),
    mebibytes(r.activationPeakBytes),
    percent(r.activationPeakBytes / exact.activationPeakBytes, 0),
    duration(r.ms),
    r.cosine.toFixed(5),
    r.relativeError === 0 ? '0' : r.relativeError.toPrecision(2),
  ]),
)}
<p class="quiet">Two other ways to need less memory stand in the same table: <b>checkpoint</b> keeps a block's input and computes the block again, and the rows with
micro-batches accumulate the gradient of the same batch over parts of it. They combine with every policy. Accumulation cannot help where one sample is large,
or where a layer or loss looks at the whole batch.</p>
<h3>Bytes over the step</h3>
${timelineCharts(timelines)}
<p class="quiet">Left to right: every allocation and release of a step in order, forward, backward, then the update. Backward frees a save when its last reader is done.</p>`;
}

function timelineCharts(timelines: ReadonlyMap<string, Timeline>): Html {
  const shown = ['exact', 'mesa', 'plus'].flatMap((name) => timelines.get(name) ?? []);
  const categories = Object.keys(categoryFills) as (keyof Bytes)[];
  const used = categories.filter((c) => shown.some(({ points }) => points.some((p) => p[c] > 0)));
  const top = Math.max(...shown.flatMap(({ points }) => points.map((p) => sum(p, used)))) / 2 ** 20;
  const layers = ({ points }: Timeline): Layer[] =>
    used.map((c) => ({ name: c, fill: categoryFills[c] as string, y: points.map((p) => p[c] / 2 ** 20) }));
  return html`${areaLegend(layers(shown[0] as Timeline))}<div class="row">${shown.map((timeline, i) => {
    const name = ['exact', 'mesa', 'plus'][i] as string;
    return areaChart(layers(timeline), {
      title: name,
      x: 'part of the step, %',
      y: 'MiB',
      top: top * 1.05,
      alt: `bytes by category over a step under ${name}`,
    });
  })}</div>`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): Html {
  return html`<div class="scroll"><table><thead><tr>${header.map((h) => html`<th>${h}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}
