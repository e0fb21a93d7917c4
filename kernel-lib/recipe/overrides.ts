import { MesaError } from '../errors';

/** Changes of a recipe by dotted path: `model.imageSize`. */
export type Overrides = Readonly<Record<string, unknown>>;

/**
 * `key=value` as the command line gives it. Values are JSON where they can be, else text.
 *
 * @example
 * parseOverrides(['batch=32', 'model.imageSize=112', 'policy=plus', 'data.mixing=null']);
 */
export function parseOverrides(texts: readonly string[]): Overrides {
  return Object.fromEntries(
    texts.map((text) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
      if (key === undefined || value === undefined)
        throw new MesaError('usage', { at: '--set', says: `'${text}' is no key=value`, try: '--set batch=32' });
      return [key, fromText(value)] as const;
    }),
  );
}

function fromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The same data with values at some paths replaced; null takes a value away. Objects on the way are made. */
export function override(data: unknown, overrides: Overrides): unknown {
  const changed = structuredClone(data);
  for (const [path, value] of Object.entries(overrides)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    let at = changed as Record<string, unknown>;
    for (const key of keys) at = inside(at, key, path);
    if (value === null) delete at[last];
    else put(at, last, value, path);
  }
  return changed;
}

/** What stands at a key, an empty object where nothing does. */
function inside(at: Record<string, unknown>, key: string, path: string): Record<string, unknown> {
  if (!Object.hasOwn(at, key)) put(at, key, {}, path);
  const next = at[key];
  if (typeof next === 'object' && next !== null) return next as Record<string, unknown>;
  throw new MesaError('recipe', { at: path, says: `'${key}' is ${JSON.stringify(next)} and has no parts` });
}

function put(at: Record<string, unknown>, key: string, value: unknown, path: string): void {
  if (key === '' || key === '__proto__') throw new MesaError('recipe', { at: path, says: 'is no path of a recipe' });
  at[key] = value;
}
