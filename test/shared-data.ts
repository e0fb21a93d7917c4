import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = process.env.MESA_DATA ?? resolve(__dirname, '../../shared/data');

/** A path in the folder of real data beside the repository, or in `MESA_DATA`; undefined, and said so, where it is absent. */
export function sharedData(path: string): string | undefined {
  const full = join(root, path);
  if (existsSync(full)) return full;
  console.warn(`skipped: no ${full} (set MESA_DATA to a folder that has it)`);
  return undefined;
}
