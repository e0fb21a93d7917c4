import type sharp from 'sharp';

let loaded: Promise<typeof sharp> | undefined;

/**
 * The decoder, loaded when the first image is read. One thread an image and no cache: a loader reads many small images once, and its
 * worker threads are the parallelism.
 */
export function loadSharp(): Promise<typeof sharp> {
  loaded ??= import('sharp').then(({ default: decoder }) => {
    decoder.concurrency(1);
    decoder.cache(false);
    return decoder;
  });
  return loaded;
}
