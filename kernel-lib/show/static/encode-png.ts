import { crc32, deflateSync } from 'node:zlib';
import { fewColours } from './few-colours';

/** Pixels in rows from the top: red, green, blue, alpha. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array | Uint8ClampedArray;
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const COLOUR_TYPE = { palette: 3, rgba: 6 } as const;

/** A PNG; one byte a pixel where a palette serves, which makes charts a third as large. */
export function encodePng({ width, height, rgba }: Pixels): Buffer {
  const few = fewColours(rgba);
  const chunks = few
    ? [header(width, height, COLOUR_TYPE.palette), chunk('PLTE', few.palette), image(few.indices, width, height)]
    : [header(width, height, COLOUR_TYPE.rgba), image(rgba, 4 * width, height)];
  return Buffer.concat([SIGNATURE, ...chunks, chunk('IEND', Buffer.alloc(0))]);
}

function header(width: number, height: number, colourType: number): Buffer {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(width, 0);
  bytes.writeUInt32BE(height, 4);
  bytes.set([8, colourType], 8);
  return chunk('IHDR', bytes);
}

function image(bytes: Uint8Array | Uint8ClampedArray, stride: number, height: number): Buffer {
  const lines = Buffer.alloc(height * (1 + stride)); // each line starts with its filter: 0, none
  for (let y = 0; y < height; y++) lines.set(bytes.subarray(y * stride, (y + 1) * stride), y * (1 + stride) + 1);
  return chunk('IDAT', deflateSync(lines, { level: 9 }));
}

function chunk(type: string, body: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const bytes = Buffer.alloc(named.length + 8);
  bytes.writeUInt32BE(body.length, 0);
  bytes.set(named, 4);
  bytes.writeUInt32BE(crc32(named), named.length + 4);
  return bytes;
}
