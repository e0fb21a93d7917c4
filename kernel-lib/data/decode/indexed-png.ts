import { crc32, inflateSync } from 'node:zlib';
import type { RawMask } from '../augment/image';

const SIGNATURE = '\x89PNG\r\n\x1a\n';
const GREY = 0;
const PALETTE = 3;
const MOST_PIXELS = 50e6;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

/** The numbers stored in a PNG with one of them a pixel. Decoders of pictures turn them into colours; a mask needs them as they are. */
export function readIndexedPng(bytes: Uint8Array): RawMask {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.toString('latin1', 0, 8) !== SIGNATURE) throw new Error('not a PNG');
  const chunks = chunksOf(file);
  const header = headerOf(chunks.find(({ type }) => type === 'IHDR')?.body);
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ body }) => body));
  const stride = Math.ceil((header.width * header.depth) / 8);
  const size = header.height * (1 + stride); // each line starts with its filter
  const lines = inflateSync(packed, { maxOutputLength: size });
  if (lines.length !== size) throw new Error(`${lines.length} bytes of pixels, ${size} expected`);
  return { width: header.width, height: header.height, data: unpack(unfilter(lines, stride), stride, header) };
}

function chunksOf(file: Buffer): { readonly type: string; readonly body: Buffer }[] {
  const chunks: { type: string; body: Buffer }[] = [];
  for (let at = 8; chunks.at(-1)?.type !== 'IEND'; ) {
    if (at + 12 > file.length) throw new Error('cut short');
    const end = at + 8 + file.readUInt32BE(at);
    if (end + 4 > file.length) throw new Error('cut short');
    const type = file.toString('latin1', at + 4, at + 8);
    if (crc32(file.subarray(at + 4, end)) !== file.readUInt32BE(end)) throw new Error(`wrong checksum of ${type}`);
    chunks.push({ type, body: file.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

function headerOf(body: Buffer | undefined): Header {
  if (body?.length !== 13) throw new Error('no header');
  const [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
  const [depth, colour, , , interlaced] = body.subarray(8) as unknown as [number, number, number, number, number];
  if (![1, 2, 4, 8].includes(depth) || (colour !== GREY && colour !== PALETTE))
    throw new Error(`colour type ${colour} with ${depth} bits a sample`);
  if (interlaced !== 0) throw new Error('interlaced');
  if (width * height < 1 || width * height > MOST_PIXELS) throw new Error(`${width}x${height} pixels`);
  return { width, height, depth };
}

/** Undoes the filter of each line, which predicts a byte from those to the left (`a`), above (`b`) and above the left one (`c`). */
function unfilter(lines: Uint8Array, stride: number): Uint8Array {
  const out = new Uint8Array((lines.length / (1 + stride)) * stride);
  let above: Uint8Array = new Uint8Array(stride);
  for (let from = 0, to = 0; from < lines.length; from += 1 + stride, to += stride) {
    const line = out.subarray(to, to + stride);
    line.set(lines.subarray(from + 1, from + 1 + stride));
    const predict = predictors[lines[from] as number];
    if (!predict) throw new Error(`filter ${lines[from]}`);
    predict(line, above);
    above = line;
  }
  return out;
}

/** One a filter: none, left, up, average, Paeth. */
const predictors: readonly ((line: Uint8Array, above: Uint8Array) => void)[] = [
  () => {},
  (line) => {
    for (let x = 1; x < line.length; x++) line[x] = (line[x] as number) + (line[x - 1] as number);
  },
  (line, above) => {
    for (let x = 0; x < line.length; x++) line[x] = (line[x] as number) + (above[x] as number);
  },
  (line, above) => {
    let a = 0;
    for (let x = 0; x < line.length; x++) {
      line[x] = (line[x] as number) + ((a + (above[x] as number)) >> 1);
      a = line[x] as number;
    }
  },
  (line, above) => {
    let [a, c] = [0, 0];
    for (let x = 0; x < line.length; x++) {
      const b = above[x] as number;
      line[x] = (line[x] as number) + paeth(a, b, c);
      a = line[x] as number;
      c = b;
    }
  },
];

/** The one of the three that is nearest to a + b - c. */
function paeth(a: number, b: number, c: number): number {
  const [toA, toB, toC] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (toA <= toB && toA <= toC) return a;
  return toB <= toC ? b : c;
}

/** One byte a pixel; the first pixel is in the upper bits of a byte. */
function unpack(lines: Uint8Array, stride: number, { width, height, depth }: Header): Uint8Array {
  if (depth === 8) return lines;
  const perByte = 8 / depth;
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = lines[y * stride + Math.floor(x / perByte)] as number;
      out[y * width + x] = (byte >> (8 - depth * (1 + (x % perByte)))) & ((1 << depth) - 1);
    }
  }
  return out;
}
