import { type AxisTitles, axes, type Frame, MARGINS, xAt, yAt } from './axes';
import { type Html, html } from './html';
import { type Stroke, strokes } from './palette';

export interface Line {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface LineChartOptions extends AxisTitles {
  /** What the picture says, for people who cannot see it. */
  readonly alt: string;
  readonly width?: number;
  readonly height?: number;
  /** Ends of the y axis; those of the data when absent. */
  readonly range?: readonly [number, number];
}

const DEFAULTS = { width: 720, height: 260 } as const;

/** Lines with a legend above them. */
export function lineChart(lines: readonly Line[], options: LineChartOptions): Html {
  const o = { ...DEFAULTS, ...options };
  const frame: Frame = {
    ...MARGINS,
    width: o.width,
    height: o.height,
    x: extent(lines.flatMap((l) => l.x)),
    y: o.range ?? extent(lines.flatMap((l) => l.y)),
  };
  return html`<figure>${legend(lines.map((l) => l.name))}
<svg viewBox="0 0 ${o.width} ${o.height}" role="img" aria-label="${o.alt}">${axes(frame, o)}
${lines.map((line, i) => path(frame, line, strokes[i % strokes.length] as Stroke))}</svg></figure>`;
}

function path(frame: Frame, { x, y }: Line, { colour, dash }: Stroke): Html {
  const [low, high] = frame.y;
  const points = x.map((v, i) => `${xAt(frame, v)},${yAt(frame, Math.min(high, Math.max(low, y[i] as number)))}`).join(' ');
  return html`<polyline class="line" stroke="${colour}" stroke-dasharray="${dash}" points="${points}"/>`;
}

function legend(names: readonly string[]): Html {
  return html`<figcaption>${names.map((name, i) => {
    const { colour, dash } = strokes[i % strokes.length] as Stroke;
    return html`<span><svg class="key" viewBox="0 0 28 10"><line class="line" stroke="${colour}" stroke-dasharray="${dash}" x1="0" x2="28" y1="5" y2="5"/></svg>${name}</span>`;
  })}</figcaption>`;
}

function extent(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
}
