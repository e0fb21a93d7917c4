import { MesaError } from '../errors';

/** A mistake in the use of a command, with how it is used. */
export function misused(says: string, usage: string): MesaError {
  return new MesaError('usage', { says, try: `\n${usage}` });
}

/** A line on standard output. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `1,560` */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** A whole number from an option. */
export function wholeNumber(option: string, text: string, least: number): number {
  const n = Number(text);
  if (Number.isInteger(n) && n >= least) return n;
  throw new MesaError('usage', {
    at: option,
    says: `'${text}' is no whole number from ${least} on`,
    try: `${option} ${Math.max(least, 1)}`,
  });
}
