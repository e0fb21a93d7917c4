import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what was fetched is kept: `MESA_CACHE`, else `mesa-lab` in the user's cache folder (XDG_CACHE_HOME, ~/.cache). */
export function cacheFolder({ MESA_CACHE, XDG_CACHE_HOME }: NodeJS.ProcessEnv = process.env): string {
  return MESA_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'mesa-lab');
}
