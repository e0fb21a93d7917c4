import { inflateSync } from 'node:zlib';

/** Pixels of a PNG of 8-bit RGB without interlacing: all that the reference images need. */
export function decodePng(file: Buffer): { readonly width: number; readonly height: number; readonly rgb: Uint8Array } {
  const parts: Buffer[] = [];
  let [width, height] = [0, 0];
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const body = file.subarray(at + 8, at + 8 + length);
    const type = file.toString('latin1', at + 4, at + 8);
    if (type === 'IHDR') {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      if (body[8] !== 8 || body[9] !== 2 || body[12] !== 0) throw new Error('not a PNG of 8-bit RGB without interlacing');
    } else if (type === 'IDAT') parts.push(body);
    at += 12 + length;
  }
  return { width, height, rgb: unfilter(inflateSync(Buffer.concat(parts)), 3 * width, height) };
}

/** Undoes the filter that each line starts with: none, left, up, average, Paeth. */
function unfilter(lines: Buffer, stride: number, height: number): Uint8Array {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (stride + 1)] as number;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= 3 ? (out[at - 3] as number) : 0;
      const up = y > 0 ? (out[at - stride] as number) : 0;
      const corner = x >= 3 && y > 0 ? (out[at - stride - 3] as number) : 0;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] as number;
      out[at] = (lines[y * (stride + 1) + 1 + x] as number) + predicted;
    }
  }
  return out;
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}
