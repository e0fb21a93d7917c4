// Colours of Okabe and Ito: told apart with any kind of colour vision. Lines differ by their dashes too.

export interface Stroke {
  readonly colour: string;
  readonly dash: string;
}

export const strokes: readonly Stroke[] = [
  { colour: '#0072b2', dash: 'none' },
  { colour: '#d55e00', dash: '6 3' },
  { colour: '#009e73', dash: '2 2' },
  { colour: '#cc79a7', dash: '8 3 2 3' },
];

/** Fills of the ledger's categories, from the bottom of a stack to its top. */
export const categoryFills: Readonly<Record<string, string>> = {
  weights: '#8c8c8c',
  optimizer: '#b3b3b3',
  data: '#d9d9d9',
  saves: '#0072b2',
  gradients: '#e69f00',
  transient: '#56b4e9',
  watch: '#cc79a7',
};
