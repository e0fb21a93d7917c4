import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the addon for a platform without a prebuilt one is kept once it is compiled. */
const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mesa-lab');

/**
 * Compiles the addon with the C compiler of this machine (`CC`, else `cc`) unless that was done before for the same sources, and
 * returns its file. Throws where there is no compiler. Untested but on Linux x64.
 */
export function compileAddon(say: (line: string) => void = () => {}, folder: string = __dirname, cache: string = cacheFolder()): string {
  const kernels = join(folder, 'kernels');
  const hash = createHash('sha256').update(process.platform + process.arch);
  for (const file of readdirSync(kernels)
    .filter((name) => /\.[ch]$/.test(name))
    .sort())
    hash.update(readFileSync(join(kernels, file)));
  const out = join(cache, `${hash.digest('hex').slice(0, 16)}.node`);
  if (existsSync(out)) return out;
  const compiler = process.env.CC ?? 'cc';
  execFileSync(compiler, ['--version'], { stdio: 'ignore' });
  say(`mesa-lab: compiling the kernels with ${compiler}, once (about half a minute)`);
  mkdirSync(cache, { recursive: true });
  const unfinished = `${out}.${process.pid}`;
  execFileSync(process.execPath, [join(folder, 'build.mjs'), '--cc', compiler, '--out', unfinished], { stdio: 'pipe' });
  renameSync(unfinished, out);
  return out;
}
