import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

// tslab 1.0.22 checks cells with TypeScript 5.0.4 and Node10 resolution: what we publish must compile there.
const root = resolve(__dirname, '..');
const out = join(root, 'out/types');
const cellOptions = [
  '--noEmit',
  '--skipLibCheck',
  'false',
  '--module',
  'commonjs',
  '--moduleResolution',
  'node',
  '--target',
  'es2022',
  '--lib',
  'es2022',
  '--types',
  'node',
  '--declaration',
];

function tsc(version: 'typescript' | 'typescript-5.0', args: readonly string[]): string[] {
  const { stdout } = spawnSync(process.execPath, [join(root, 'node_modules', version, 'bin/tsc'), ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((line) => line.includes('error TS') && !line.startsWith('node_modules/'));
}

function cell(name: string, code: string): string {
  const file = join(out, `${name}.ts`);
  writeFileSync(file, code);
  return file;
}

describe('the published types', () => {
  beforeAll(() => {
    mkdirSync(out, { recursive: true });
    tsc('typescript', ['-p', 'tsconfig.build.json', '--declaration', '--emitDeclarationOnly', '--outDir', out]);
  }, 60_000);

  it('are checked with the version of TypeScript that tslab has', () => {
    const version = execFileSync(process.execPath, [join(root, 'node_modules/typescript-5.0/bin/tsc'), '--version'], { encoding: 'utf8' });
    expect(version.trim()).toBe('Version 5.0.4');
  });

  it('compile there, and so do the first lines of the README', () => {
    const [, lines = ''] = /```ts\n(import [\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
    expect(lines).toContain('await trainer.step()');
    // As tslab does, the cell becomes the body of an async function.
    const [imports, ...body] = lines.replace("'mesa-lab'", "'./index'").split('\n');
    const use = cell('cell', `${imports}\nexport async function main() {\n${body.join('\n')}\n}\n`);
    expect(tsc('typescript-5.0', [...cellOptions, use])).toEqual([]);
  }, 60_000);

  it('would be refused with a typed array of TypeScript 5.7', () => {
    const wrong = cell('wrong', 'export const values: Float32Array<ArrayBuffer> = new Float32Array(1);\n');
    expect(tsc('typescript-5.0', [...cellOptions, wrong])).toHaveLength(1);
  }, 60_000);
});
