import { createRequire } from 'node:module';
import type { Screen } from './screen';

/** What tslab's `dist/jupyter.js` exports while a cell runs or after one has; not part of its public interface (pinned to 1.0.22). */
interface TslabModule {
  readonly lastWriteDisplayData?: ((message: object, update: boolean) => void) | null;
}

/**
 * The notebook that tslab runs in this process, if there is one. tslab's public `display` sends one mime type a call, so this finds the
 * loaded module that sends whole bundles, wherever tslab is installed.
 */
export function tslabScreen(): Screen | undefined {
  const loaded = findTslab();
  if (!loaded) return undefined;
  const send = (data: object, id: string, update: boolean) =>
    loaded.lastWriteDisplayData?.({ data, metadata: {}, transient: { display_id: id } }, update);
  return { kind: 'notebook', show: (bundle, id) => send(bundle, id, false), update: (bundle, id) => send(bundle, id, true) };
}

function findTslab(): TslabModule | undefined {
  const { cache } = createRequire(__filename);
  const paths = Object.keys(cache).filter((path) => /[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(path));
  return paths.map((path) => cache[path]?.exports as TslabModule).find((exports) => exports.lastWriteDisplayData);
}
