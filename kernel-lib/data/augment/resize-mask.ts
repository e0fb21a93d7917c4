import type { Box, RawMask } from './image';

/** A part of a resized mask by the nearest pixel: nearest to the centre, as the picture is resized (OpenCV's goes by the corner). */
export function resizeMask(mask: RawMask, width: number, height: number, window: Box): RawMask {
  const data = new Uint8Array(window.width * window.height);
  const columns = nearest(mask.width, width, window.left, window.width);
  const rows = nearest(mask.height, height, window.top, window.height);
  let to = 0;
  for (const row of rows) for (const column of columns) data[to++] = mask.data[row * mask.width + column] as number;
  return { width: window.width, height: window.height, data };
}

function nearest(from: number, to: number, start: number, outputs: number): Int32Array {
  return Int32Array.from({ length: outputs }, (_, i) => Math.min(from - 1, Math.floor(((start + i + 0.5) * from) / to)));
}
