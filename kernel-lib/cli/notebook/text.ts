/** Text as notebooks store it: whole, or in lines. */
export type Text = string | readonly string[];

export function textOf(text: Text): string {
  return typeof text === 'string' ? text : text.join('');
}
