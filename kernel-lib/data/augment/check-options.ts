import { MesaError } from '../../errors';

/** What an option may be. */
export interface Allowed {
  readonly is: (value: unknown) => boolean;
  /** In words. */
  readonly takes: string;
  readonly required?: boolean;
}

/** Refuses options that are unknown, missing or out of range: a recipe is JSON that no compiler has seen. */
export function checkOptions(options: object, allowed: Readonly<Record<string, Allowed>>, at: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(allowed, name)) throw refused(`${at}.${name}`, 'is no option here', Object.keys(allowed).join(', '));
    const { is, takes } = allowed[name] as Allowed;
    if (value !== undefined && !is(value)) throw refused(`${at}.${name}`, `cannot be ${JSON.stringify(value)}`, takes);
  }
  for (const [name, { required, takes }] of Object.entries(allowed)) {
    if (required && (options as Readonly<Record<string, unknown>>)[name] === undefined) throw refused(`${at}.${name}`, 'is missing', takes);
  }
}

function refused(at: string, says: string, takes: string): MesaError {
  return new MesaError('augment-option', { at, says, try: takes });
}

export function required(allowed: Allowed): Allowed {
  return { ...allowed, required: true };
}

export function wholeFrom(least: number): Allowed {
  return { is: (v) => Number.isSafeInteger(v) && (v as number) >= least, takes: `a whole number from ${least}` };
}

export function numberFrom(low: number, high: number = Number.MAX_VALUE): Allowed {
  const takes = high === Number.MAX_VALUE ? `a number from ${low}` : `a number from ${low} to ${high}`;
  return { is: (v) => typeof v === 'number' && v >= low && v <= high, takes };
}

/** A range of positive numbers, the smaller first. */
export function range(most: number = Number.MAX_VALUE): Allowed {
  const takes = `two positive numbers, the smaller first${most === Number.MAX_VALUE ? '' : `, up to ${most}`}`;
  return { is: (v) => numbers(v, 2) && 0 < v[0]! && v[0]! <= v[1]! && v[1]! <= most, takes };
}

export const size: Allowed = {
  is: (v) => numbers(v, 2) && v.every((n) => Number.isInteger(n) && n >= 1),
  takes: '[width, height] in pixels',
};
export const channels: Allowed = { is: (v) => numbers(v, 3), takes: 'three numbers, for red, green and blue' };
export const positiveChannels: Allowed = { is: (v) => numbers(v, 3) && v.every((n) => n > 0), takes: 'three positive numbers' };
export const flag: Allowed = { is: (v) => typeof v === 'boolean', takes: 'true or false' };

export function oneOf(...values: readonly string[]): Allowed {
  return { is: (v) => values.includes(v as string), takes: values.join(', ') };
}

function numbers(value: unknown, length: number): value is number[] {
  return Array.isArray(value) && value.length === length && value.every(Number.isFinite);
}
