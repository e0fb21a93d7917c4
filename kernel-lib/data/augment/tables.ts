import { blank, type RawImage } from './image';

// Changes of a picture that look at one byte at a time: a table of 256 bytes, one for all channels or one for each.

export type Table = Uint8Array;

/** A table of a function, truncated to bytes. */
export function table(value: (byte: number) => number): Table {
  return Uint8Array.from({ length: 256 }, (_, byte) => Math.min(255, Math.max(0, Math.trunc(value(byte)))));
}

export function through([red, green = red, blue = red]: readonly [Table, Table?, Table?], { width, height, data }: RawImage): RawImage {
  const out = blank(width, height);
  for (let i = 0; i < data.length; i += 3) {
    out.data[i] = red[data[i] as number] as number;
    out.data[i + 1] = green[data[i + 1] as number] as number;
    out.data[i + 2] = blue[data[i + 2] as number] as number;
  }
  return out;
}

export function invert(image: RawImage): RawImage {
  return through([table((v) => 255 - v)], image);
}

/** Bytes from the threshold on inverted. */
export function solarize(image: RawImage, threshold: number): RawImage {
  return through([table((v) => (v < threshold ? v : 255 - v))], image);
}

/** Bytes below the middle raised. */
export function solarizeAdd(image: RawImage, add: number): RawImage {
  return through([table((v) => (v < 128 ? v + add : v))], image);
}

/** The upper bits of each byte kept. */
export function posterize(image: RawImage, bits: number): RawImage {
  const mask = 256 - 2 ** (8 - bits);
  return through([table((v) => v & mask)], image);
}

/** Each channel stretched to 0 .. 255. */
export function autoContrast(image: RawImage): RawImage {
  return through(histograms(image).map(stretched) as [Table, Table, Table], image);
}

/** Each channel given a histogram that is as even as it can be. */
export function equalize(image: RawImage): RawImage {
  return through(histograms(image).map(evened) as [Table, Table, Table], image);
}

function stretched(histogram: Uint32Array): Table {
  const low = histogram.findIndex((n) => n > 0);
  const high =
    255 -
    histogram
      .slice()
      .reverse()
      .findIndex((n) => n > 0);
  if (high <= low) return table((v) => v);
  const scale = 255 / (high - low);
  return table((v) => v * scale - low * scale);
}

/** Pillow's: the darkest goes to 0, the lightest to 255 where there are enough pixels. */
function evened(histogram: Uint32Array): Table {
  const filled = histogram.filter((n) => n > 0);
  const pixels = filled.reduce((a, b) => a + b, 0);
  const step = Math.floor((pixels - (filled.at(-1) as number)) / 255);
  if (step === 0) return table((v) => v);
  let below = Math.floor(step / 2);
  return table((v) => {
    const level = Math.floor(below / step);
    below += histogram[v] as number;
    return level;
  });
}

function histograms({ data }: RawImage): Uint32Array[] {
  const [red, green, blue] = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)];
  for (let i = 0; i < data.length; i += 3) {
    red[data[i] as number]!++;
    green[data[i + 1] as number]!++;
    blue[data[i + 2] as number]!++;
  }
  return [red, green, blue];
}
