import { patchEmbed } from '../ops';
import type { GraphBuilder, Init, Value } from '../tape/graph';
import { only, pair } from './layers';

/** A side of square images, or both. */
export type ImageSize = number | readonly [height: number, width: number];

export function sides(size: ImageSize): [height: number, width: number] {
  return typeof size === 'number' ? [size, size] : [...size];
}

/** The feed `images` [b, channels, height, width]. */
export function imageFeed(g: GraphBuilder, o: { readonly imageSize: ImageSize; readonly channels: number }): Value {
  return g.feed('images', { rows: 1, dims: [o.channels, ...sides(o.imageSize)] });
}

/** PyTorch's start of a convolution's weight and bias. */
export function fanIn(inputs: number): Init {
  return { kind: 'uniform', bound: 1 / Math.sqrt(inputs) };
}

/** Images as one token for each square patch; the parameters are those of a convolution called `name.proj`. */
export function patchTokens(
  g: GraphBuilder,
  name: string,
  images: Value,
  o: { readonly width: number; readonly channels: number; readonly patchSize: number; readonly heads: number },
): Value {
  const init = fanIn(o.channels * o.patchSize ** 2);
  const conv = pair(g, `${name}.proj`, [o.width, o.channels, o.patchSize, o.patchSize], init, init);
  return only(g.apply(patchEmbed, name, { in: images }, conv, { heads: o.heads })); // [b*n, width]
}
