// Colours of Okabe and Ito: told apart with any kind of colour vision.

/** Fills of the ledger's categories, from the bottom of a stack to its top. */
const categoryFills: Readonly<Record<string, string>> = {
  weights: '#8c8c8c',
  optimizer: '#b3b3b3',
  data: '#d9d9d9',
  saves: '#0072b2',
  gradients: '#e69f00',
  transient: '#56b4e9',
  watch: '#cc79a7',
};

/** Of lines and bars, in order; yellow is too light for lines on white. */
export const series: readonly string[] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#6b6b6b', '#8c510a'];

/** From few to much: cividis, which looks the same to everybody. */
export const sequential: readonly (readonly [number, string])[] = scale([
  '#00224e',
  '#233e6c',
  '#575d6d',
  '#7d7c78',
  '#a69d75',
  '#d3c164',
  '#fee838',
]);

/** From below to above a middle. */
export const diverging: readonly (readonly [number, string])[] = scale(['#0072b2', '#7fb8d8', '#f7f7f7', '#eaae7f', '#d55e00']);

const policyColours: Readonly<Record<string, string>> = {
  exact: '#6b6b6b',
  mesa: '#0072b2',
  plus: '#009e73',
  lean: '#56b4e9',
  norms: '#e69f00',
  inputs: '#cc79a7',
  checkpoint: '#d55e00',
};

/** The colour that a category or a policy has everywhere. */
export function colourNamed(name: string | undefined): string | undefined {
  return name === undefined ? undefined : { ...categoryFills, ...policyColours }[name];
}

function scale(colours: readonly string[]): [number, string][] {
  return colours.map((colour, i) => [i / (colours.length - 1), colour]);
}
