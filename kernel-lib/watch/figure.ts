/** A plotly figure as plain JSON: https://plotly.com/javascript/reference. `show` gives it its theme and draws it. */
export interface Figure {
  readonly data: readonly object[];
  readonly layout: object;
}
