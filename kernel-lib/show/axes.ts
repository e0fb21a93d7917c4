import { type Html, html } from './html';

/** Where a chart's data lies in its picture, and which values that is. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

export interface AxisTitles {
  readonly x: string;
  readonly y: string;
}

export const MARGINS = { left: 52, right: 12, top: 10, bottom: 38 } as const;

export const xAt = (f: Frame, x: number): number => round(f.left + ((x - f.x[0]) / (f.x[1] - f.x[0] || 1)) * (f.width - f.left - f.right));
export const yAt = (f: Frame, y: number): number =>
  round(f.height - f.bottom - ((y - f.y[0]) / (f.y[1] - f.y[0] || 1)) * (f.height - f.top - f.bottom));

/** A tenth of a pixel is enough, and keeps the page small. */
function round(x: number): number {
  return Math.round(x * 10) / 10;
}

/** About `count` round numbers that cover `low .. high`. */
export function ticks(low: number, high: number, count: number = 5): number[] {
  const raw = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999) ?? raw;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Grid, numbers and titles; units belong into the titles. */
export function axes(f: Frame, titles: AxisTitles): Html {
  const base = f.height - f.bottom;
  return html`
<g class="grid">${ticks(...f.y).map((y) => html`<line x1="${f.left}" x2="${f.width - f.right}" y1="${yAt(f, y)}" y2="${yAt(f, y)}"/>`)}</g>
<g class="numbers">${ticks(...f.y).map((y) => html`<text x="${f.left - 6}" y="${yAt(f, y) + 4}" text-anchor="end">${label(y)}</text>`)}
${ticks(...f.x).map((x) => html`<text x="${xAt(f, x)}" y="${base + 15}" text-anchor="middle">${label(x)}</text>`)}</g>
<line class="base" x1="${f.left}" x2="${f.width - f.right}" y1="${base}" y2="${base}"/>
<text class="title" x="${(f.left + f.width - f.right) / 2}" y="${f.height - 5}" text-anchor="middle">${titles.x}</text>
<text class="title" transform="translate(12 ${(f.top + base) / 2}) rotate(-90)" text-anchor="middle">${titles.y}</text>`;
}

function label(x: number): string {
  return x.toLocaleString('en-US', { maximumFractionDigits: 4 });
}
