import { randomUUID } from 'node:crypto';
import { denoScreen } from './screens/deno';
import type { Bundle, Screen } from './screens/screen';
import { textScreen } from './screens/text';
import { tslabScreen } from './screens/tslab';

/** The method with which a value says how it looks as the last line of a cell: the protocol of Deno's kernel and of ours. */
export const inJupyter: unique symbol = Symbol.for('Jupyter.display');

/** Something that shows itself in a notebook. */
export interface Displayable {
  [inJupyter](): Bundle | Promise<Bundle>;
}

/** Something shown, to be replaced in place where the screen can do that. */
export interface Display {
  update(bundle: Bundle): void;
}

/**
 * Shows something in the forms that are given: in the notebook that runs this, else as text.
 *
 * @example
 * const view = display({ 'text/html': '<b>1 of 2</b>', 'text/plain': '1 of 2' });
 * view.update({ 'text/html': '<b>2 of 2</b>', 'text/plain': '2 of 2' });
 */
export function display(bundle: Bundle, screen: Screen = currentScreen()): Display {
  const id = randomUUID();
  screen.show(transportable(bundle), id);
  return { update: (next) => screen.update(transportable(next), id) };
}

/** The notebook whose cell is running, else the terminal or log on standard output. */
export function currentScreen(): Screen {
  return tslabScreen() ?? denoScreen() ?? textScreen(process.stdout);
}

function transportable(bundle: Bundle): Bundle {
  return Object.fromEntries(
    Object.entries(bundle).map(([mime, form]) => [mime, form instanceof Uint8Array ? Buffer.from(form).toString('base64') : form]),
  );
}
