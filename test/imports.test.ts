import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const library = resolve(__dirname, '../kernel-lib');

/** docs/architecture.md: a part may import itself and the parts of lower floors, `errors` and `random` are everybody's. */
const floors = [
  ['engine', 'files'],
  ['quant'],
  ['tape'],
  ['ops'],
  ['models', 'data'],
  ['train'],
  ['plan'],
  ['watch', 'recipe'],
  ['show'],
  ['cli'],
];
const everybodys = ['errors', 'random'];

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const imports = sourceFiles(library).flatMap(importsOf);

describe('the layering', () => {
  it('sees the imports of the library', () => {
    expect(imports.length).toBeGreaterThan(10);
  });

  it('has a floor for every part', () => {
    const parts = new Set(imports.flatMap(({ from, to }) => [from, to]));
    for (const known of [...floors.flat(), ...everybodys, 'index']) parts.delete(known);
    expect([...parts]).toEqual([]);
  });

  it('lets imports point downwards only', () => {
    expect(imports.filter((i) => !isAllowed(i)).map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
  });

  it('would notice an import that points upwards', () => {
    expect(isAllowed({ file: 'engine/heap.ts', from: 'engine', to: 'ops' })).toBe(false);
    expect(isAllowed({ file: 'models/vit.ts', from: 'models', to: 'data' })).toBe(false);
  });

  it('lets nobody import the index', () => {
    expect(imports.filter(({ to }) => to === 'index').map(({ file }) => file)).toEqual([]);
  });
});

function isAllowed({ from, to }: Import): boolean {
  if (from === 'index' || from === to || everybodys.includes(to)) return true;
  if (everybodys.includes(from)) return false;
  return floorOf(to) < floorOf(from);
}

function floorOf(part: string): number {
  return floors.findIndex((floor) => floor.includes(part));
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const targets = [...readFileSync(file, 'utf8').matchAll(/(?:from|import\(|require\()\s*'(\.[^']*)'/g)].map((m) =>
    resolve(dirname(file), m[1] as string),
  );
  return targets.map((target) => ({ file: relative(library, file), from: partOf(file), to: partOf(target) }));
}

/** `ops` for kernel-lib/ops/gelu.ts, `errors` for kernel-lib/errors.ts. */
function partOf(path: string): string {
  return (relative(library, path).split(/[\\/]/)[0] as string).replace(/\.ts$/, '');
}
