/** A picture as one byte a pixel. */
export interface FewColours {
  /** Red, green, blue of each index. */
  readonly palette: Uint8Array;
  readonly indices: Uint8Array;
}

const SIZE = 256;
/** A chart with smoothed edges has some hundred colours; a photograph has more than this, and needs them. */
const MOST = 16_384;

/** Opaque pixels by a palette of the commonest colours, the rest (smoothed edges) by the nearest of them; nothing where it would show. */
export function fewColours(rgba: Uint8Array | Uint8ClampedArray): FewColours | undefined {
  const colours = coloursOf(rgba);
  const counts = new Map<number, number>();
  for (const c of colours) counts.set(c, (counts.get(c) ?? 0) + 1);
  if (counts.size > MOST || !isOpaque(rgba)) return undefined;
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || a - b).map(([colour]) => colour);
  const chosen = byCount.slice(0, SIZE);
  const index = new Map(byCount.map((colour, i) => [colour, i < SIZE ? i : nearest(colour, chosen)]));
  return { palette: Uint8Array.from(chosen.flatMap(parts)), indices: Uint8Array.from(colours, (c) => index.get(c) as number) };
}

function coloursOf(rgba: Uint8Array | Uint8ClampedArray): Uint32Array {
  const colours = new Uint32Array(rgba.length / 4);
  for (let i = 0; i < colours.length; i++)
    colours[i] = ((rgba[4 * i] as number) << 16) | ((rgba[4 * i + 1] as number) << 8) | (rgba[4 * i + 2] as number);
  return colours;
}

function isOpaque(rgba: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return false;
  return true;
}

function nearest(colour: number, chosen: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < chosen.length; i++) if (distance(chosen[i] as number, colour) < distance(chosen[best] as number, colour)) best = i;
  return best;
}

function distance(a: number, b: number): number {
  const [red, green, blue] = [(a >> 16) - (b >> 16), ((a >> 8) & 255) - ((b >> 8) & 255), (a & 255) - (b & 255)];
  return red * red + green * green + blue * blue;
}

function parts(colour: number): number[] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}
