import { type FileHandle, open } from 'node:fs/promises';
import { MesaError } from '../errors';
import { writeAtomically } from './atomic-write';
import { DTYPES, type StoredValues } from './dtypes';
import { MAX_FILE_BYTES, MAX_TRANSFER_BYTES } from './limits';
import { headerBytes, PREFIX_BYTES, parseHeader } from './safetensors-header';

/** A tensor out of a file. */
export interface StoredTensor {
  /** As stored: `F32`, `BF16`, ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: StoredValues;
}

/** What a safetensors file holds. */
export interface StoredTensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads a safetensors file; every inconsistency is a typed error, found before any tensor is made.
 *
 * @example
 * const { tensors } = await readSafetensors('deit_tiny.safetensors');
 * tensors.get('head.weight'); // { dtype: 'F32', shape: [1000, 192], values: Float32Array }
 */
export async function readSafetensors(path: string): Promise<StoredTensors> {
  const file = await open(path, 'r').catch((e: NodeJS.ErrnoException) => {
    throw new MesaError('file-not-found', { at: path, says: `cannot be opened (${e.code})`, try: 'the path of a .safetensors file' });
  });
  try {
    return await readFrom(file);
  } catch (e) {
    if (e instanceof MesaError) throw e.under(e.at ? `${path}: ${e.at}` : path);
    throw e;
  } finally {
    await file.close();
  }
}

async function readFrom(file: FileHandle): Promise<StoredTensors> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new MesaError('file-not-found', { says: 'is not a file', try: 'the path of a .safetensors file' });
  const fileBytes = stat.size;
  if (fileBytes > MAX_FILE_BYTES) throw new MesaError('file-too-large', { says: `${fileBytes} bytes, the limit is ${MAX_FILE_BYTES}` });
  const length = headerBytes(await readBytes(file, 0, Math.min(PREFIX_BYTES, fileBytes)), fileBytes);
  const body = PREFIX_BYTES + length;
  const { entries, metadata } = parseHeader(await readBytes(file, PREFIX_BYTES, length), fileBytes - body);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    const bytes = await readBytes(file, body + begin, end - begin);
    const values = (DTYPES[dtype] as (typeof DTYPES)[string]).decode(bytes.buffer as ArrayBuffer);
    tensors.set(name, { dtype, shape, values });
  }
  return { tensors, metadata };
}

/** A buffer of its own for each span: decoded in place, and no copy of the whole file. */
async function readBytes(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, MAX_TRANSFER_BYTES), position + done);
    if (bytesRead === 0)
      throw new MesaError('safetensors-corrupt', { says: `the file became shorter while it was read, at byte ${position + done}` });
    done += bytesRead;
  }
  return bytes;
}

/** A tensor to write: its type is that of the array. */
export interface TensorToStore {
  readonly shape: readonly number[];
  readonly values: StoredValues;
}

/** By the array's tag: `instanceof` fails on arrays made in a notebook's own context. */
const DTYPE_OF: Readonly<Record<string, string>> = {
  Float64Array: 'F64',
  Float32Array: 'F32',
  BigInt64Array: 'I64',
  BigUint64Array: 'U64',
  Int32Array: 'I32',
  Uint32Array: 'U32',
  Int16Array: 'I16',
  Uint16Array: 'U16',
  Int8Array: 'I8',
  Uint8Array: 'U8',
};

/**
 * Writes tensors as a safetensors file, all of it or nothing.
 *
 * @example
 * await writeSafetensors('head.safetensors', new Map([['head.bias', { shape: [3], values: new Float32Array(3) }]]));
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, TensorToStore>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const header: Record<string, unknown> = metadata.size > 0 ? { __metadata__: Object.fromEntries(metadata) } : {};
  const chunks: Uint8Array[] = [];
  let position = 0;
  for (const [name, { shape, values }] of byAlignment(tensors)) {
    if (name === '__proto__' || name === '__metadata__') throw new MesaError('tensor-name', { at: name, says: 'the name is refused' });
    const elements = shape.reduce((a, b) => a * b, 1);
    if (elements !== values.length) {
      throw new MesaError('tensor-shape', { at: name, says: `[${shape}] takes ${elements} values, given ${values.length}` });
    }
    const dtype = DTYPE_OF[values[Symbol.toStringTag]];
    header[name] = { dtype, shape, data_offsets: [position, position + values.byteLength] };
    chunks.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    position += values.byteLength;
  }
  await writeAtomically(path, [...encodeHeader(header), ...chunks]);
}

/** Larger elements first, then by name: every tensor lies on a multiple of its element size. */
function byAlignment(tensors: ReadonlyMap<string, TensorToStore>): [string, TensorToStore][] {
  return [...tensors].sort(([a, x], [b, y]) => y.values.BYTES_PER_ELEMENT - x.values.BYTES_PER_ELEMENT || (a < b ? -1 : 1));
}

function encodeHeader(header: object): [Uint8Array, Uint8Array] {
  const json = JSON.stringify(header);
  const text = Buffer.from(json);
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' '); // the body starts on a multiple of 8
  text.copy(padded);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeBigUInt64LE(BigInt(padded.length));
  return [prefix, padded];
}
