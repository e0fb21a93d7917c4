import { matches } from '../tape/glob';
import type { AttentionMap } from './attention-maps';
import type { Figure } from './figure';

/** Of the last step and one value: shares of attention as a grid of patches where they make a square, else as a line of tokens. */
export function maps(all: readonly AttentionMap[], at = '**'): Figure {
  const last = all.filter((m) => m.step === all.at(-1)?.step && matches(at, m.value));
  const value = last.at(-1)?.value ?? '';
  const shown = last.filter((m) => m.value === value);
  const heads = Math.max(1, ...shown.map((m) => m.head + 1));
  const images = [...new Set(shown.map((m) => m.image))];
  const axes = shown.flatMap((_, i) => [
    [`xaxis${number(i)}`, { visible: false, constrain: 'domain' }],
    [`yaxis${number(i)}`, { visible: false, autorange: 'reversed', scaleanchor: `x${number(i)}` }],
  ]);
  return {
    data: shown.map((m, i) => ({
      type: 'heatmap',
      z: grid(m.shares),
      coloraxis: 'coloraxis',
      xaxis: `x${number(i)}`,
      yaxis: `y${number(i)}`,
      name: `image ${m.image}, head ${m.head}`,
      hovertemplate: '%{z:.3g} %',
    })),
    layout: {
      title: { text: `What token ${shown[0]?.query ?? 0} attends to: ${value}${shown[0] ? `, step ${shown[0].step}` : ''}` },
      grid: { rows: Math.max(1, images.length), columns: heads, pattern: 'independent', xgap: 0.05, ygap: 0.15 },
      coloraxis: { colorbar: { title: { text: 'share of attention, %' } } },
      annotations: shown.map((m, i) => ({
        text: `image ${m.image}, head ${m.head}`,
        showarrow: false,
        x: 0.5,
        y: 1,
        yanchor: 'bottom',
        xref: `x${number(i)} domain`,
        yref: `y${number(i)} domain`,
      })),
      ...Object.fromEntries(axes),
      height: 110 + 210 * Math.max(1, images.length),
    },
  };
}

const number = (i: number): string => (i === 0 ? '' : `${i + 1}`);

/** [side, side] in per cent, without the tokens before the patches. */
function grid(shares: Float32Array): number[][] {
  const side = Math.floor(Math.sqrt(shares.length));
  const before = shares.length - side * side;
  if (before > 2) return [[...shares].map((s) => 100 * s)];
  return Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => 100 * (shares[before + y * side + x] as number)));
}
