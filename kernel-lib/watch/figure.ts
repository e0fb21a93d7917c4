/** A picture as plain data: traces and a layout in the form plotly.js takes. `show` draws it; themes, sizes and colours come from there. */
export interface Figure {
  readonly data: readonly object[];
  readonly layout: object;
}
