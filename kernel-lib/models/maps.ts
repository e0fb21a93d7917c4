import { conv2d, resize } from '../ops';
import { convolvedSize } from '../ops/conv2d';
import type { GraphBuilder, Init, Value } from '../tape/graph';
import { fanIn } from './images';
import { columns, only, pair } from './layers';

/** A map of features whose pixels are tokens, row after row. */
export interface FeatureMap {
  /** [b*h*w, c], or [b*(1 + h*w), c] with a class token. */
  readonly tokens: Value;
  readonly height: number;
  readonly width: number;
}

export interface ConvolutionOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly bias?: boolean;
  /** Start of the weight; PyTorch's, for the bias too, if absent. Given one, the bias starts at 0. */
  readonly init?: Init;
  /** How the channels of the output divide into heads. */
  readonly heads?: number;
}

/** A convolution to `channels` channels; its parameters and its output are called `name`. */
export function convolve(g: GraphBuilder, name: string, map: FeatureMap, channels: number, o: ConvolutionOptions): FeatureMap {
  const { kernel, stride = 1, padding = 0, bias = true, init, heads } = o;
  const { tokens, height, width } = map;
  const shape = [channels, columns(tokens), kernel, kernel];
  const usual = fanIn(columns(tokens) * kernel ** 2);
  const params = bias
    ? pair(g, name, shape, init ?? usual, init ? { kind: 'zeros' } : usual)
    : { weight: g.param(`${name}.weight`, shape, init ?? usual) };
  const attrs = { height, width, kernel, stride, padding, ...(heads && { heads }) };
  const out = only(g.apply(conv2d, name, { in: tokens }, params, attrs));
  const [down, across] = convolvedSize(attrs);
  return { tokens: out, height: down, width: across };
}

/** A map at another size; itself where it has that size. */
export function resizeMap(
  g: GraphBuilder,
  name: string,
  map: FeatureMap,
  { height, width }: { readonly height: number; readonly width: number },
  method: 'bilinear' | 'nearest',
): FeatureMap {
  if (map.height === height && map.width === width) return map;
  const attrs = { from: [map.height, map.width], to: [height, width], method } as const;
  return { tokens: only(g.apply(resize, name, { in: map.tokens }, {}, attrs)), height, width };
}
