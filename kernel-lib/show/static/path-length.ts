import type { DomElement, DomWindow } from './dom';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Gives a window's paths a length and points along it; straight ones only, which is what plotly puts arrow heads on. */
export function givePathLengths(window: DomWindow): void {
  Object.assign(window.SVGElement.prototype, {
    getTotalLength(this: DomElement) {
      return lengths(corners(this)).reduce((sum, length) => sum + length, 0);
    },
    getPointAtLength(this: DomElement, at: number) {
      return pointAt(corners(this), at);
    },
  });
}

/** Of `M1,2L3,4`. */
function corners(path: DomElement): Point[] {
  const numbers = (path.getAttribute('d') ?? '').match(/-?[\d.]+(?:e-?\d+)?/g)?.map(Number) ?? [];
  return Array.from({ length: Math.floor(numbers.length / 2) }, (_, i) => ({
    x: numbers[2 * i] as number,
    y: numbers[2 * i + 1] as number,
  }));
}

function lengths(points: readonly Point[]): number[] {
  return points.slice(1).map(({ x, y }, i) => Math.hypot(x - (points[i] as Point).x, y - (points[i] as Point).y));
}

function pointAt(points: readonly Point[], at: number): Point {
  let before = 0;
  for (const [i, length] of lengths(points).entries()) {
    if (at <= before + length && length > 0) return between(points[i] as Point, points[i + 1] as Point, (at - before) / length);
    before += length;
  }
  return points.at(-1) ?? { x: 0, y: 0 };
}

function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
}
