/** x' = a x + c y + e, y' = b x + d y + f: what an SVG `transform` says. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The corners of a rectangle along the axes. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The value of an SVG `transform` attribute. */
export function parseTransform(text: string | null): Affine {
  const steps = [...(text ?? '').matchAll(/(\w+)\(([^)]*)\)/g)];
  return steps
    .map(([, name, args]) =>
      step(
        name as string,
        (args as string)
          .trim()
          .split(/[\s,]+/)
          .map(Number),
      ),
    )
    .reduce(multiply, [1, 0, 0, 1, 0, 0]);
}

function step(name: string, [p = 0, q, r, ...rest]: number[]): Affine {
  switch (name) {
    case 'translate':
      return [1, 0, 0, 1, p, q ?? 0];
    case 'scale':
      return [p, 0, 0, q ?? p, 0, 0];
    case 'rotate':
      return rotation(p, q ?? 0, r ?? 0);
    case 'matrix':
      return [p, q, r, ...rest] as unknown as Affine;
    default:
      return [1, 0, 0, 1, 0, 0];
  }
}

function rotation(degrees: number, x: number, y: number): Affine {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y];
}

function multiply(m: Affine, n: Affine): Affine {
  return [
    m[0] * n[0] + m[2] * n[1],
    m[1] * n[0] + m[3] * n[1],
    m[0] * n[2] + m[2] * n[3],
    m[1] * n[2] + m[3] * n[3],
    m[0] * n[4] + m[2] * n[5] + m[4],
    m[1] * n[4] + m[3] * n[5] + m[5],
  ];
}

/** The smallest box around a transformed one. */
export function transformed([a, b, c, d, e, f]: Affine, { left, top, right, bottom }: Box): Box {
  const corners = [left, right].flatMap((x) => [top, bottom].map((y) => ({ x: a * x + c * y + e, y: b * x + d * y + f })));
  return union(corners.map(({ x, y }) => ({ left: x, top: y, right: x, bottom: y }))) as Box;
}

/** The smallest box around some, if there are any. */
export function union(boxes: readonly Box[]): Box | undefined {
  if (boxes.length === 0) return undefined;
  return {
    left: Math.min(...boxes.map((b) => b.left)),
    top: Math.min(...boxes.map((b) => b.top)),
    right: Math.max(...boxes.map((b) => b.right)),
    bottom: Math.max(...boxes.map((b) => b.bottom)),
  };
}
