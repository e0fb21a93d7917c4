import { MesaError } from '../errors';

/**
 * Whether a dotted name fits a glob. `*` stands for any run of characters within one part, `**` for any number of whole parts.
 *
 * @example
 * matches('blocks.*.attn.**', 'blocks.3.attn.qkv.weight'); // true
 */
export function matches(glob: string, name: string): boolean {
  return expression(glob).test(name);
}

/** The names that fit a glob; a glob that fits none is a typed error that shows the nearest names. */
export function select(glob: string, names: Iterable<string>): string[] {
  const all = [...names];
  const pattern = expression(glob);
  const found = all.filter((name) => pattern.test(name));
  if (found.length > 0) return found;
  const near = nearest(glob, all).map((name) => `'${name}'`);
  throw new MesaError('glob-matches-nothing', {
    says: `'${glob}' matches none of ${all.length} names`,
    ...(near.length > 0 && { try: near.join(', ') }),
  });
}

const WILD: { readonly [token: string]: string } = { '.**': '(\\..*)?', '**.': '(.*\\.)?', '**': '.*', '*': '[^.]*' };

function expression(glob: string): RegExp {
  const source = glob.replace(/\.\*\*$|\*\*\.|\*\*|\*|[.\\^$+?()[\]{}|]/g, (token) => WILD[token] ?? `\\${token}`);
  return new RegExp(`^${source}$`);
}

/** The three names that share most with a glob: letters from the front and from the back. */
function nearest(glob: string, names: readonly string[]): string[] {
  const shared = (name: string): number => {
    const length = Math.min(glob.length, name.length);
    let front = 0;
    while (front < length && glob[front] === name[front]) front++;
    let back = 0;
    while (back < length - front && glob.at(-1 - back) === name.at(-1 - back)) back++;
    return front + back;
  };
  return [...names]
    .map((name) => ({ name, score: shared(name) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ name }) => name);
}
