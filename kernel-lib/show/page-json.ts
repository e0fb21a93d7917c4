const SIGNIFICANT = 7; // digits: what float32 has

/**
 * JSON that may stand inside a script of a page: no `<`, so no tag can begin or end in it. Typed arrays become lists, and fractions
 * keep the digits that float32 has, which halves the size of figures.
 */
export function pageJson(value: unknown): string {
  return JSON.stringify(value, plain)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

function plain(_key: string, value: unknown): unknown {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(value as unknown as ArrayLike<number>);
  if (typeof value === 'number' && !Number.isInteger(value) && Number.isFinite(value)) return Number(value.toPrecision(SIGNIFICANT));
  return value;
}
