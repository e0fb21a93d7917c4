import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Figure } from '../watch/figure';
import { rasterise } from './static/rasterise';
import { svg } from './static/svg';
import { themed } from './theme';

export interface PngOptions {
  /** Pixels for each pixel of the layout: 2 is sharp on fine screens and in print. */
  readonly scale?: number;
}

/**
 * A figure as a PNG, drawn without a browser; written to a file where a path is given.
 *
 * @example
 * await png(memory.figure(), 'memory.png');
 */
export async function png(figure: Figure, path?: string, { scale = 2 }: PngOptions = {}): Promise<Uint8Array> {
  const picture = draw(figure, scale);
  if (path !== undefined) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, picture);
  }
  return picture;
}

/** A figure's pixels at once. */
export function draw(figure: Figure, scale: number): Buffer {
  return rasterise(svg(themed(figure)), scale);
}
