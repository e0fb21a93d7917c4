import { type AxisTitles, axes, type Frame, MARGINS, xAt, yAt } from './axes';
import { type Html, html } from './html';

/** One layer of a stack. */
export interface Layer {
  readonly name: string;
  readonly fill: string;
  readonly y: readonly number[];
}

export interface AreaChartOptions extends AxisTitles {
  readonly title: string;
  readonly alt: string;
  readonly width?: number;
  readonly height?: number;
  /** Top of the y axis, so that pictures beside each other compare. */
  readonly top: number;
}

const DEFAULTS = { width: 340, height: 240 } as const;

/** Layers on top of each other, the first at the bottom; x runs from 0 to 100 % of their points. */
export function areaChart(layers: readonly Layer[], options: AreaChartOptions): Html {
  const o = { ...DEFAULTS, ...options };
  const frame: Frame = { ...MARGINS, width: o.width, height: o.height, x: [0, 100], y: [0, o.top] };
  let below: readonly number[] = layers[0]?.y.map(() => 0) ?? [];
  const areas = layers.map(({ fill, y }) => {
    const above = y.map((v, i) => v + (below[i] as number));
    const area = html`<path fill="${fill}" d="${outline(frame, below, above)}"/>`;
    below = above;
    return area;
  });
  return html`<figure><h3>${o.title}</h3>
<svg viewBox="0 0 ${o.width} ${o.height}" role="img" aria-label="${o.alt}">${axes(frame, o)}${areas}</svg></figure>`;
}

/** Names and colours of layers, once for all pictures that share them. */
export function areaLegend(layers: readonly Pick<Layer, 'name' | 'fill'>[]): Html {
  return html`<p class="legend">${layers.map(({ name, fill }) => html`<span><i style="background:${fill}"></i>${name}</span>`)}</p>`;
}

function outline(frame: Frame, below: readonly number[], above: readonly number[]): string {
  const last = Math.max(1, above.length - 1);
  const point = (y: number, i: number): string => `${xAt(frame, (100 * i) / last)} ${yAt(frame, y)}`;
  return `M${above.map(point).join('L')}L${below.map(point).reverse().join('L')}Z`;
}
